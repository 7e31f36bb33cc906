package views_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// policyScene is the fleet with a policy on each route: one that drifts, one of which nobody knows, one that is kept.
func policyScene(ascii bool) views.Scene {
	sc := scene(ascii, themes.Mono)
	sc.Snap.Routes = append([]fleet.Route(nil), sc.Snap.Routes...)
	give := func(id fleet.RouteID, p fleet.RoutePolicy, st fleet.PolicyState) {
		r := sc.Snap.Route(id)
		st.Over, st.Band = 5*time.Minute, p.Tolerance
		r.Spec.Policy, r.Policy = &p, &st
	}
	give("chat-default", fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: 0.8, Tolerance: 0.05, Hard: "chat-hard"},
		fleet.PolicyState{Verdict: fleet.PolicyDrifting, Seen: fleet.Some(fleet.Ratio(0.71)), SeenN: 41580, Since: sc.Now.Add(-3 * time.Minute),
			Means: fleet.Text("easy requests go to the API, and cost more than planned; what chooses between chat-default and chat-hard decides it, not pitwall")})
	give("embed", fleet.RoutePolicy{Pattern: fleet.PatternAPIPrimary, Tolerance: 0.05},
		fleet.PolicyState{Verdict: fleet.PolicyUnknown, SeenN: 12, Since: sc.Now.Add(-26 * time.Hour),
			Why: fleet.Text("12.0 of the 200 requests that a verdict needs were counted in 5m")})
	give("batch", fleet.RoutePolicy{Pattern: fleet.PatternCoreLocal, Local: 0.9, Tolerance: 0.05, Model: "llama-70b"},
		fleet.PolicyState{Verdict: fleet.PolicyKept, Seen: fleet.Some(fleet.Ratio(0.962)), SeenN: 24000, Since: sc.Now.Add(-90 * time.Minute),
			Why: fleet.Text("own GPUs answer 96.2% of 24.0k requests in 5m, meant are at least 90.0%, less 5.0 points")})
	sc.Snap.Alerts = slices.Insert(slices.Clone(sc.Snap.Alerts), 1, fleet.Alert{Level: fleet.LevelWarn, Object: fleet.Text("chat-default"), Route: "chat-default",
		Text: fleet.Text("easy-local 80/20, seen 71/29"), Detail: sc.Snap.Route("chat-default").Policy.Means, Runbook: fleet.Text("policy-drift"),
		Since: sc.Now.Add(-3 * time.Minute)})
	return sc
}

var policyScreens = map[string]func(views.Scene, views.Size) string{
	"list": func(sc views.Scene, sz views.Size) string {
		return views.Routes(sc, views.RoutesState{List: views.Table{Selected: "chat-default"}}, sz)
	},
	"kept": func(sc views.Scene, sz views.Size) string {
		return views.Routes(sc, views.RoutesState{List: views.Table{Selected: "batch"}}, sz)
	},
	"route": func(sc views.Scene, sz views.Size) string {
		return views.Routes(sc, views.RoutesState{Route: "chat-default", Targets: views.Table{Selected: "b200-a"}}, sz)
	},
	"unknown": func(sc views.Scene, sz views.Size) string {
		return views.Routes(sc, views.RoutesState{Route: "embed"}, sz)
	},
	"overview": func(sc views.Scene, sz views.Size) string {
		return views.Overview(sc, views.OverviewState{Pools: views.Table{Selected: "b200-a"}}, sz)
	},
}

func TestPolicyGolden(t *testing.T) {
	for name, draw := range policyScreens {
		for _, sz := range sizes {
			for _, set := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+strconv.Itoa(sz.W)+"x"+strconv.Itoa(sz.H)+"/"+set, func(t *testing.T) {
					frame := draw(policyScene(set == "ascii"), sz)
					exact(t, frame, sz)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
	}
}

func TestADriftOfAPolicyIsSeenAtEverySize(t *testing.T) {
	for _, sz := range sizes {
		frame := plain(policyScreens["list"](policyScene(true), sz))
		for _, want := range []string{"policy easy-local 80/20 with chat-hard seen 71/29  DRIFT 3m"} {
			if !strings.Contains(frame, want) {
				t.Errorf("%dx%d does not say %q:\n%s", sz.W, sz.H, want, frame)
			}
		}
		if overview := plain(policyScreens["overview"](policyScene(true), sz)); !strings.Contains(overview, "easy-local 80/20, seen 71/29") {
			t.Errorf("%dx%d: the overview does not say it:\n%s", sz.W, sz.H, overview)
		}
	}
	if frame := plain(policyScreens["list"](policyScene(true), sizes[2])); !strings.Contains(frame, "easy 80/20 seen 71/29 DRIFT") ||
		!strings.Contains(frame, "api 0/100 not known") || !strings.Contains(frame, "core 90/10 seen 96/4 kept") {
		t.Errorf("the wide list:\n%s", frame)
	}
}
