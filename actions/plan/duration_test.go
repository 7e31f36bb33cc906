package plan

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// rolling is a roll of 12 replicas by a canary of 3, of which up to 3 start at once.
func rolling(change ...func(*actions.Plan)) *actions.Plan {
	p := &actions.Plan{Soak: 10 * time.Minute, Steps: []actions.Step{{N: 1, Hold: 15 * time.Minute}, {N: 2}},
		Work: &actions.WorkPlan{Was: fleet.Rollout{Desired: 12, GPUsEach: 8, Surge: fleet.Surge{Extra: 3},
			Loads: []time.Duration{4 * time.Minute, 5 * time.Minute, 2 * time.Minute}},
			Draft: fleet.Draft{Extra: 24, Stages: []fleet.Stage{{Canary: true, Until: fleet.Until{Updated: 3, Ready: 3}}, {Until: fleet.Until{Done: true}}}}}}
	for _, f := range change {
		f(p)
	}
	return p
}

func TestHowLongARollTakes(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*actions.Plan)
		takes  time.Duration // 0: not known
		says   string
	}{
		"in parts":         {func(*actions.Plan) {}, 45 * time.Minute, "4 rounds of 5m (90th percentile of 3 starts), 15m compared, 10m watched"},
		"one at a time":    {func(p *actions.Plan) { p.Work.Draft.Extra = 8 }, 85 * time.Minute, "12 rounds of 5m"},
		"in place":         {func(p *actions.Plan) { p.Work.Draft.Extra, p.Work.Draft.Down = 0, 6 }, 40 * time.Minute, "3 rounds of 5m"},
		"all at once":      {func(p *actions.Plan) { p.Work.Was.Surge.Whole = true }, 35 * time.Minute, "2 rounds of 5m"},
		"by its strategy":  {func(p *actions.Plan) { p.Work.Draft.Extra = 0 }, 45 * time.Minute, "4 rounds of 5m"},
		"nothing to watch": {func(p *actions.Plan) { p.Soak, p.Steps[0].Hold = 0, 0 }, 20 * time.Minute, "of 3 starts)"},
		"no load is known": {func(p *actions.Plan) { p.Work.Was.Loads = nil }, 0, "not known"},
		"no roll":          {func(p *actions.Plan) { p.Work.Draft.Stages = []fleet.Stage{{}} }, 0, ""},
		"fewer replicas": {func(p *actions.Plan) {
			p.Intent = actions.Intent{Kind: actions.KindScale, Work: &actions.WorkIntent{Want: fleet.Want{Replicas: fleet.Some(0)}}}
		}, 0, ""},
		"resumed with all new": {func(p *actions.Plan) { p.Intent.Kind, p.Work.Was.Updated = actions.KindContinue, 12 }, 0, ""},
		"no replica":           {func(p *actions.Plan) { p.Work.Was.Desired = 0 }, 0, ""},
	} {
		p := rolling(x.change)
		expect(p, &fleet.Snapshot{})
		if p.Work.Takes != (fleet.Maybe[time.Duration]{V: x.takes, OK: x.takes > 0}) || !strings.Contains(p.Work.TakesWhy.String(), x.says) ||
			x.says == "" && !p.Work.TakesText().IsEmpty() {
			t.Errorf("%s: %v, %q", name, p.Work.Takes, p.Work.TakesWhy)
		}
	}
}
