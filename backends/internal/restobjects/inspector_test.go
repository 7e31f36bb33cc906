package restobjects

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func TestWhatWasChangedLatelyMaySayWhatWasBefore(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]bool{time.Second: true, 14 * time.Second: true, 16 * time.Second: false, -10 * time.Second: true,
		-time.Hour: false} {
		if got := Settling(now.Add(-ago), now); got != want {
			t.Errorf("changed %v ago: %v", ago, got)
		}
	}
	if Settling(time.Time{}, now) {
		t.Error("when it was changed is not known")
	}
}

func TestChangesHaveACredentialOfTheirOwn(t *testing.T) {
	spec := fleet.SourceSpec{Auth: fleet.SecretRef{Env: "READ"}}
	if WriteAuth(spec).Env != "READ" {
		t.Error("without one it is that for reading")
	}
	if spec.Write = (fleet.SecretRef{Env: "WRITE"}); WriteAuth(spec).Env != "WRITE" {
		t.Error("it is not used")
	}
}

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
