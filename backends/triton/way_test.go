package triton

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// carrier answers in place of a pod, on the port that it was opened for.
type carrier struct {
	way  string
	seen *[]string
}

func (c carrier) Carry(_ context.Context, r fleet.CarriedRequest) (*fleet.CarriedReply, error) {
	*c.seen = append(*c.seen, c.way+" "+r.Path)
	body := page("m")
	if r.Path != "/metrics" {
		body = `{"version":"2.71.0"}`
	}
	return &fleet.CarriedReply{Status: 200, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// A way through an API server leads to one port of a pod: the other port takes a way of its own.
func TestCarriedRequestsTakeTheRightPort(t *testing.T) {
	var seen []string
	deps := contract.Deps()
	deps.Via = "kubernetes/c/ns/pod:8002"
	deps.Carrier = func(via string) (fleet.Carrier, error) { return carrier{via, &seen}, nil }
	r, err := Connector().NewReader(fleet.SourceSpec{ID: "r", URL: "http://pod:8002/metrics"}, deps)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Read(t.Context())
	if err != nil || p.Health != fleet.Some(true) || len(p.Engines) != 3 {
		t.Errorf("%+v, %v", p, err)
	}
	want := []string{"kubernetes/c/ns/pod:8002 /metrics", "kubernetes/c/ns/pod:8000 /v2/health/ready", "kubernetes/c/ns/pod:8000 /v2"}
	if !slices.Equal(seen, want) {
		t.Errorf("asked %v", seen)
	}
}
