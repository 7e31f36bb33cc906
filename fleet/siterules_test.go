package fleet

import (
	"testing"
	"time"
)

func TestWindowsOfFreezes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const day = 24 * 60
	weekend := Freeze{Name: "weekend", Zone: berlin, Weekly: []Weekly{{From: 4*day + 18*60, To: 6 * 60}}}
	for _, x := range []struct {
		name     string
		f        Freeze
		now      string
		from, to string // of the first window, "" for none
		in       bool
	}{
		{"before the weekend", weekend, "2026-11-25T12:00:00Z", "2026-11-27T17:00:00Z", "2026-11-30T05:00:00Z", false},
		{"in it, on the next Monday", weekend, "2026-11-30T04:59:59Z", "2026-11-27T17:00:00Z", "2026-11-30T05:00:00Z", true},
		{"its end is no more in it", weekend, "2026-11-30T05:00:00Z", "2026-12-04T17:00:00Z", "2026-12-07T05:00:00Z", false},
		{"over the change of clocks", weekend, "2026-10-24T12:00:00Z", "2026-10-23T16:00:00Z", "2026-10-26T05:00:00Z", true},
		{"on Sunday, which is the last day of a week", weekend, "2026-11-29T23:30:00Z", "2026-11-27T17:00:00Z", "2026-11-30T05:00:00Z", true},
		{"once", Freeze{From: at("2026-12-20T00:00:00Z"), To: at("2027-01-04T00:00:00Z")}, "2026-12-24T00:00:00Z",
			"2026-12-20T00:00:00Z", "2027-01-04T00:00:00Z", true},
		{"once, further ahead than a week", Freeze{From: at("2026-12-20T00:00:00Z"), To: at("2027-01-04T00:00:00Z")}, "2026-12-12T23:59:59Z", "", "", false},
		{"once, over", Freeze{From: at("2026-12-20T00:00:00Z"), To: at("2027-01-04T00:00:00Z")}, "2027-01-04T00:00:00Z", "", "", false},
		{"of another environment", Freeze{From: at("2026-12-20T00:00:00Z"), To: at("2027-01-04T00:00:00Z"), Scope: Scope{Envs: []Env{EnvStage}}},
			"2026-12-24T00:00:00Z", "", "", false},
	} {
		now := at(x.now)
		got := (&SiteRules{Freezes: []Freeze{x.f}}).Windows(EnvProd, now)
		if x.from == "" {
			if len(got) != 0 {
				t.Errorf("%s: %v", x.name, got)
			}
			continue
		}
		if len(got) == 0 || !got[0].From.Equal(at(x.from)) || !got[0].To.Equal(at(x.to)) || got[0].Holds(now) != x.in {
			t.Errorf("%s: %v, want %s to %s, in it: %v", x.name, got, x.from, x.to, x.in)
		}
	}
}

func TestAScopeWithoutNamesCoversEverything(t *testing.T) {
	for _, x := range []struct {
		scope Scope
		want  bool
	}{
		{Scope{}, true},
		{Scope{Envs: []Env{EnvProd}}, true},
		{Scope{Routes: []RouteID{"chat"}}, true},
		{Scope{Routes: []RouteID{"batch"}}, false},
		{Scope{Routes: []RouteID{"batch"}, Pools: []PoolID{"a"}}, true},
		{Scope{Pools: []PoolID{"b"}}, false},
	} {
		if got := x.scope.Covers([]RouteID{"chat"}, []PoolID{"a"}); got != x.want {
			t.Errorf("%+v covers: %v", x.scope, got)
		}
	}
}

func TestABlockingAlertIsOneOfAnAlertmanagerThatFires(t *testing.T) {
	b := BlockingAlert{Match: []Matcher{{Name: "alertname", Value: "PaymentsDown"}}}
	fires := Alert{Origin: "am", Labels: map[string]string{"alertname": "PaymentsDown"}, Silenced: Text("by mara")}
	own, pends, other := fires, fires, fires
	own.Origin, pends.Pending, other.Labels = "", true, map[string]string{"alertname": "x"}
	if a := b.Active(&Snapshot{Alerts: []Alert{own, pends, other}}); a != nil {
		t.Errorf("%+v blocks", a)
	}
	if a := b.Active(&Snapshot{Alerts: []Alert{own, fires}}); a == nil {
		t.Error("a silenced alert that fires does not block")
	}
}
