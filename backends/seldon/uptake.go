package seldon

import (
	"bytes"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// sameSecond is how long it takes at the most until the scheduler has said something of a change. The server keeps whole
// seconds: what was written in the same one may have been before.
const sameSecond = 30 * time.Second

// untold tells that nothing was written into the status since somebody wrote the spec. Core 2 keeps no observed generation, and
// what the status says stays until its scheduler says something else: so the times are compared that the API server keeps for
// each of those who wrote. Whoever wrote fields of the spec may have written labels alone later; that cannot be told apart.
func untold(m *metav1.ObjectMeta, now time.Time) (stuck.Verdict, bool) {
	var spec, status time.Time
	by := ""
	for i := range m.ManagedFields {
		f := &m.ManagedFields[i]
		switch {
		case f.Time == nil || f.FieldsV1 == nil:
		case f.Subresource == "status":
			status = later(status, f.Time.Time)
		case bytes.Contains(f.FieldsV1.GetRawBytes(), []byte(`"f:spec"`)) && f.Time.After(spec):
			spec, by = f.Time.Time, f.Manager
		}
	}
	v := stuck.Verdict{Phase: fleet.RolloutUnseen, Since: spec}
	switch {
	case status.IsZero():
		v.Why = fleet.Text("Seldon has said nothing of it yet")
	case spec.IsZero() || status.After(spec) || status.Equal(spec) && now.Sub(spec) >= sameSecond:
		return stuck.Verdict{}, false
	default:
		v.Why = fleet.Textf("Seldon has said nothing since %s wrote it %s ago; what its status says may be of before", fleet.Quote(by),
			fleet.Age(now.Sub(spec)))
	}
	return v, true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
