package views

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
)

// drawTerms says under which terms the plan is carried out: cost, ramp, guard, soak, remarks, and its twin.
func (d *shiftDialog) drawTerms(s *sheet) {
	shift := d.state.Kind != actions.KindResync
	if shift {
		d.drawCost(s)
		s.fact(fleet.Text("ramp"), themes.Text, d.rampText(), 2)
		s.mark(spareNever)
		s.fact(fleet.Text("roll back"), themes.Text, fleet.Concat(fleet.Text("if "), guardText(d.guard()),
			onTargets(d.receivers())), 2)
		s.mark(spareNever)
	}
	if d.plan != nil {
		for _, n := range d.plan.Notes {
			s.fact(fleet.Text("note"), themes.Warn, n, 2)
		}
		s.mark(spareLast)
	}
	if !d.state.Twin.IsEmpty() {
		s.fact(fleet.Text("same as"), themes.Dim, d.state.Twin, 2)
		s.mark(spareLast)
	}
}

// drawCost compares what the route's targets burn now and would burn.
func (d *shiftDialog) drawCost(s *sheet) {
	if d.plan == nil || !d.fits() {
		return
	}
	s.named(fleet.Text("cost")).Put(themes.Text, moneyRate(d.plan.BurnNow, false))
	s.Say(themes.Dim, " -> est. ").Put(themes.Text, moneyRate(d.plan.BurnThen, false)).Put(themes.Dim, d.plan.BurnBounds()).End()
	s.mark(spareSoon)
}

func (d *shiftDialog) rampText() fleet.Safe {
	r := d.state.Ramp.WithDefaults()
	text := fleet.Textf("%s every %s and %s", fleet.Many(r.Points, "point"), fleet.Age(r.Every),
		fleet.Many(r.MinRequests, "request"))
	if d.plan != nil && d.fits() {
		text = fleet.Concat(text, fleet.Text(": "), stepsText(d.plan))
	}
	return fleet.Concat(text, fleet.Text(", soak "), fleet.Age(d.soak()))
}

// stepsText draws "3 steps, about 6m".
func stepsText(p *actions.Plan) fleet.Safe {
	if p.Work != nil {
		return workSteppedText(p)
	}
	if len(p.Steps) == 1 {
		return fleet.Text("1 step")
	}
	return fleet.Textf("%s, about %s", fleet.Many(len(p.Steps), "step"), fleet.Age(rampTime(p)))
}

// workSteppedText draws "2 stages, compared for 15m" of a change of an object.
func workSteppedText(p *actions.Plan) fleet.Safe {
	text := fleet.Text("1 stage")
	if n := len(p.Steps); n != 1 {
		text = fleet.Many(n, "stage")
	}
	if hold := rampTime(p); hold > 0 {
		text = fleet.Concat(text, fleet.Text(", old and new compared for "), fleet.Age(hold))
	}
	return text
}

// guard and soak are those of the plan, else those of the draft.
func (d *shiftDialog) guard() fleet.Guard {
	if d.plan != nil {
		return d.plan.Guard
	}
	return d.state.Guard
}

func (d *shiftDialog) soak() time.Duration {
	switch {
	case d.plan != nil && d.plan.Soak > 0:
		return d.plan.Soak
	case d.state.Soak > 0:
		return d.state.Soak
	default:
		return actions.DefaultSoak
	}
}

// guardText draws the limits of a guard: "err% > 2.00 or ttft95 > 1.5s for 60s". Without a limit of its own the error
// limit is set from the figures at the start.
func guardText(g fleet.Guard) fleet.Safe {
	text := fleet.Text("err% clearly above today's")
	if g.ErrRatio.OK {
		text = fleet.Concat(fleet.Text("err% > "), g.ErrRatio.V.Text())
	}
	if g.TTFT95.OK {
		text = fleet.Concat(text, fleet.Text(" or ttft95 > "), g.TTFT95.V.Text())
	}
	lasts := g.For
	if lasts <= 0 {
		lasts = defaultBroken
	}
	return fleet.Concat(text, fleet.Text(" for "), fleet.Age(lasts))
}

// defaultBroken is how long a limit must be broken where the guard does not say.
const defaultBroken = time.Minute

// receivers are the targets that get a greater share: those that the guard watches.
func (d *shiftDialog) receivers() []fleet.Safe {
	var names []fleet.Safe
	now := d.now()
	for _, id := range d.targets() {
		if d.state.Draft.Share(id).Or(0) > now.Share(id).Or(0) {
			names = append(names, fleet.Label(string(id)))
		}
	}
	return names
}

func onTargets(names []fleet.Safe) fleet.Safe {
	if len(names) == 0 {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text(" on "), fleet.Join(names, fleet.Text(", ")))
}

// drawResync says which replica takes what over.
func (d *shiftDialog) drawResync(s *sheet) {
	id := d.state.Replica
	order := d.targets()
	holds := fleet.Text("was not read")
	if d.route != nil {
		for i := range d.route.Replicas {
			if r := &d.route.Replicas[i]; r.ID == id {
				holds = fleet.Concat(fleet.Text("holds "), r.Weights.Text(order), fleet.Text(", "),
					ageText(r.At, d.sc.Now), fleet.Text(" ago"))
			}
		}
	}
	s.fact(fleet.Text("replica"), themes.Text, fleet.Concat(fleet.Label(string(id)), fleet.Text(" "), holds), 2)
	if d.plan != nil {
		s.fact(fleet.Text("takes over"), themes.Text, fleet.Concat(d.plan.After.Text(order),
			fleet.Text(", the stored state; no other replica changes")), 2)
	}
	s.fact(fleet.Text("proof"), themes.Text,
		fleet.Text("it is read back; what is stored is not changed, so there is nothing to ramp"), 2)
	s.mark(spareNever)
}
