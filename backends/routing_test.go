package backends

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// shares draws effective shares as "60 40 -".
func shares(targets []fleet.Target) string {
	parts := make([]string, len(targets))
	for i := range targets {
		parts[i] = "-"
		if e := targets[i].Effective; e.OK {
			parts[i] = e.V.Whole().String()
		}
	}
	return strings.Join(parts, " ")
}

func TestWhatAMemberGetsIsWhatTheGatewayWouldGiveIt(t *testing.T) {
	set := func(n int) fleet.Target { return fleet.Target{Set: fleet.Some(n)} }
	order := func(n, order int) fleet.Target {
		return fleet.Target{Set: fleet.Some(n), Order: fleet.Some(order)}
	}
	cooling := func(n int) fleet.Target { return fleet.Target{Set: fleet.Some(n), Cooling: true} }
	yes, no := fleet.Some(true), fleet.Some(false)
	for name, x := range map[string]struct {
		g       fleet.Routing
		targets []fleet.Target
		want    string
	}{
		"weights":                            {fleet.Routing{}, []fleet.Target{set(60), set(40)}, "60 40"},
		"what is cooled down gets nothing":   {fleet.Routing{}, []fleet.Target{set(60), cooling(40)}, "100 0"},
		"it keeps its share":                 {fleet.Routing{KeepsShare: true}, []fleet.Target{set(60), cooling(40)}, "60 40"},
		"no weight is unknown":               {fleet.Routing{}, []fleet.Target{set(1), {}}, "100 -"},
		"weights that nobody looks at":       {fleet.Routing{Weighing: fleet.WeighingIgnored}, []fleet.Target{set(60), set(40)}, "- -"},
		"a number that names a group":        {fleet.Routing{Weighing: fleet.WeighingGroups}, []fleet.Target{set(60), set(40)}, "- -"},
		"alone with 0":                       {fleet.Routing{AloneTakesAll: true}, []fleet.Target{set(0)}, "100"},
		"one of two with 0":                  {fleet.Routing{AloneTakesAll: true}, []fleet.Target{set(0), set(2)}, "0 100"},
		"all 0":                              {fleet.Routing{}, []fleet.Target{set(0), set(0)}, "- -"},
		"the least order takes all":          {fleet.Routing{ByOrder: yes}, []fleet.Target{order(1, 1), order(9, 2), set(9)}, "100 0 0"},
		"the next one when it is left out":   {fleet.Routing{ByOrder: yes}, []fleet.Target{{Set: fleet.Some(1), Order: fleet.Some(1), Cooling: true}, order(9, 2)}, "0 100"},
		"orders that nobody looks at":        {fleet.Routing{ByOrder: no}, []fleet.Target{order(1, 1), order(3, 2)}, "25 75"},
		"whether orders decide is not known": {fleet.Routing{}, []fleet.Target{order(1, 1), order(3, 2)}, "- -"},
		"one order for all":                  {fleet.Routing{}, []fleet.Target{order(1, 2), order(3, 2)}, "25 75"},
		"in or out":                          {fleet.Routing{Weighing: fleet.WeighingInOut}, []fleet.Target{set(1), set(1), set(0), set(1)}, "33 33 0 33"},
		"in or out by user":                  {fleet.Routing{Weighing: fleet.WeighingInOut, Uneven: true}, []fleet.Target{set(1), set(1), set(0)}, "- - 0"},
		"the only one that is in":            {fleet.Routing{Weighing: fleet.WeighingInOut, Uneven: true}, []fleet.Target{set(1), set(0)}, "100 0"},
	} {
		effective(x.targets, x.g)
		if got := shares(x.targets); got != x.want {
			t.Errorf("%s: %s, not %s", name, got, x.want)
		}
	}
}

func routed(r fleet.Routing, cooled map[string]float64) func(time.Time) (fleet.Partial, error) {
	return func(now time.Time) (fleet.Partial, error) {
		p := gatewayReading(map[fleet.DeploymentID]float64{"own": 60, "rented": 40}, nil)
		p.Gateway.Routing = map[fleet.RouteID]fleet.Routing{"chat": r}
		d := &p.Gateway.Deployments[1]
		d.Cooldowns, d.Order = fleet.Some(0.0), fleet.Some(2.0)
		d.UpdatedAt, d.UpdatedBy = fleet.Some(start), "mara\x1b[31m"
		if now.After(start.Add(time.Minute)) {
			for status, n := range cooled {
				d.Cooldowns = fleet.Some(d.Cooldowns.V + n)
				d.CooldownsByStatus = cooled
				_ = status
			}
		}
		return p, nil
	}
}

// A member is in by being listed: one that is not has the weight 0. By what else the others share is not known of weights.
func TestAMemberThatIsNotListedIsOut(t *testing.T) {
	listed := func(weight float64, uneven bool) func(time.Time) (fleet.Partial, error) {
		return func(time.Time) (fleet.Partial, error) {
			p := gatewayReading(map[fleet.DeploymentID]float64{"own": weight}, nil)
			p.Gateway.Routing = map[fleet.RouteID]fleet.Routing{"chat": {Weighing: fleet.WeighingInOut, Listed: true, Uneven: uneven}}
			return p, nil
		}
	}
	for _, uneven := range []bool{false, true} {
		read := listed(1, uneven)
		r := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){"gw1": read, "gw2": read, "gw3": read}).after(time.Minute).Route("chat")
		own, rented := r.Target("own"), r.Target("rented")
		if rented.Set != fleet.Some(0) || rented.SetShare != fleet.Some(fleet.Ratio(0)) || own.SetShare != fleet.Some(fleet.Ratio(1)) ||
			own.Effective != fleet.Some(fleet.Ratio(1)) {
			t.Errorf("uneven %v: %+v, %+v", uneven, own, rented)
		}
	}
	both := func(time.Time) (fleet.Partial, error) {
		p := gatewayReading(map[fleet.DeploymentID]float64{"own": 1, "rented": 1}, nil)
		p.Gateway.Routing = map[fleet.RouteID]fleet.Routing{"chat": {Weighing: fleet.WeighingInOut, Listed: true, Uneven: true}}
		return p, nil
	}
	r := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){"gw1": both, "gw2": both, "gw3": both}).after(time.Minute).Route("chat")
	if own := r.Target("own"); own.Set != fleet.Some(1) || own.SetShare.OK || own.Effective.OK {
		t.Errorf("%+v", own)
	}
}

func TestWhatReplicasDoBesideWeightsIsCompared(t *testing.T) {
	own := fleet.Routing{Weighing: fleet.WeighingShares, Fallbacks: []fleet.Fallback{{Kind: fleet.FallbackFailure, To: []fleet.RouteID{"backup"}}}}
	other := own
	other.Fallbacks = nil
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"gw1": routed(own, map[string]float64{"429": 12, "401": 1}), "gw2": routed(own, nil), "gw3": routed(other, nil)})
	r := b.after(70 * time.Second).Route("chat")
	if got := r.RoutingAs.String(); got != "gw3 has other fallbacks than gw1" {
		t.Errorf("agreement: %q", got)
	}
	if len(r.Routing.Fallbacks) != 1 || r.Strategy.String() != "simple-shuffle" {
		t.Errorf("routing %+v", r.Routing)
	}
	rented := r.Target("rented")
	if rented.CoolWhy.String() != "429 x12, 401" || !rented.Cooling || !strings.Contains(rented.Why.String(), "429 x12") {
		t.Errorf("cooled %v for %q: %q", rented.Cooling, rented.CoolWhy, rented.Why)
	}
	if rented.Order != fleet.Some(2) || !strings.HasPrefix(rented.ChangedBy.String(), "mara") || strings.Contains(rented.ChangedBy.String(), "\x1b") {
		t.Errorf("order %v, changed by %q", rented.Order, rented.ChangedBy)
	}
}
