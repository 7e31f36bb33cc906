package promalerts

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func TestDecode(t *testing.T) {
	r, notices, err := Decode([]byte(`{"status":"success","data":{"alerts":[
		{"labels":{"alertname":"Down","pool":"a"},"annotations":{"summary":"s"},"state":"firing","activeAt":"2026-11-22T09:02:30.5Z","value":"1e+00"},
		{"labels":{"alertname":"Slow"},"annotations":{},"state":"pending","activeAt":"2026-11-22T09:03:00Z","value":"NaN"},
		{"labels":{"alertname":"Quiet"},"state":"inactive"},{"labels":{},"state":"firing"}]}}`))
	if err != nil || len(notices) != 0 || r.SilencesRead || len(r.Alerts) != 2 {
		t.Fatalf("%+v, %v, %v", r, notices, err)
	}
	if a := r.Alerts[0]; a.Pending || a.Labels["pool"] != "a" || !a.Since.Equal(time.Date(2026, 11, 22, 9, 2, 30, 500_000_000, time.UTC)) {
		t.Errorf("%+v", a)
	}
	if !r.Alerts[1].Pending {
		t.Error("the second alert waits")
	}
}

func TestWhatIsNoAnswerIsRefused(t *testing.T) {
	for _, body := range []string{"", "[]", "{}", `{"status":"error","error":"x"}`, `{"status":"success","data":{"alerts":[{"labels":{"a":1}}]}}`,
		`{"status":"success"}`, "<html>"} {
		if _, _, err := Decode([]byte(body)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestAHugeListIsCut(t *testing.T) {
	one := `{"labels":{"alertname":"Down"},"state":"firing"}`
	r, notices, err := Decode([]byte(`{"status":"success","data":{"alerts":[` + strings.Repeat(one+",", most) + one + `]}}`))
	if err != nil || len(r.Alerts) != most || len(notices) != 1 {
		t.Errorf("%d alerts, %v, %v", len(r.Alerts), notices, err)
	}
}
