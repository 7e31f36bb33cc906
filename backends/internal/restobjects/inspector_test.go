package restobjects

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestSecretsAreHiddenAndTheirNamesStay(t *testing.T) {
	s := &shelf{doc: Document{Body: fleet.JSON(`{"image":"v1","envs":[{"name":"TOKEN","value":"s1"},"s2"],"below":{"envs":{"name":"s3","KEY":["s4",5]}},"none":{"envs":null}}`)}}
	in := NewInspector("s", s, func(doc any) any { return Hide(doc, "envs") })
	lines, err := in.Raw(t.Context(), fleet.ObjectRef{Kind: "Thing", Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.String())
	}
	for _, secret := range []string{"s1", "s2", "s3", "s4", "5"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("%s is shown: %s", secret, b.String())
		}
	}
	for _, shown := range []string{`"TOKEN"`, `"KEY"`, `"image": "v1"`, Hidden} {
		if !strings.Contains(b.String(), shown) {
			t.Errorf("%s is not shown: %s", shown, b.String())
		}
	}
	if _, err := in.Describe(t.Context(), fleet.ObjectRef{Kind: "Other", Name: "a"}); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("another kind: %v", err)
	}
	if _, err := in.Containers(t.Context(), fleet.ObjectRef{}); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("containers: %v", err)
	}
}
