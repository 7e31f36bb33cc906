package tco

import "pitwall/fleet"

// hybridSteps is how finely shares are tried: by one percent.
const hybridSteps = 100

// Split is one way to share the traffic between both sides, over the horizon.
type Split struct {
	Share    float64 // of own GPUs, 0 to 1
	API, Own float64
	Allowed  bool
}

// Cost is both sides together.
func (s *Split) Cost() float64 { return s.API + s.Own }

// Bound is a constraint on the share of own GPUs.
type Bound struct {
	Kind  string  // "residency", "latency", "capability", "frontier"
	Least float64 // share that own GPUs must take
	Most  float64 // share that they may take
	Why   fleet.Safe
}

// Hybrid is every split, what bounds it, and the cheapest one within.
type Hybrid struct {
	Splits  []Split
	Bounds  []Bound
	Unknown []fleet.Safe // constraints that nobody stated: they bound nothing here
	Best    fleet.Maybe[Split]
	Why     fleet.Safe // why there is none
	Alone   Verdict    // the cheaper side of those that may take all; "" where none may
	Saves   float64    // of the best split over that side alone
}

// hybrid tries the splits. A side that takes anything needs its people; the volume of own GPUs is its part of all.
func hybrid(x *plan, c *Case, months int) Hybrid {
	h := Hybrid{Splits: make([]Split, 0, hybridSteps+1)}
	h.Bounds, h.Unknown = c.Facts.bounds()
	least, most := 0.0, 1.0
	for _, b := range h.Bounds {
		least, most = max(least, b.Least), min(most, b.Most)
	}
	if least > most {
		h.Why = fleet.Textf("own GPUs must take at least %s%% and may take at most %s%%: no split meets both",
			fleet.Ratio(least).Whole(), fleet.Ratio(most).Whole())
	}
	for i := range hybridSteps + 1 {
		s := x.split(float64(i)/hybridSteps, months)
		s.Allowed = s.Share >= least-1e-9 && s.Share <= most+1e-9
		h.Splits = append(h.Splits, s)
		if s.Allowed && (!h.Best.OK || s.Cost() < h.Best.V.Cost()) {
			h.Best = fleet.Some(s)
		}
	}
	if h.Best.OK {
		h.alone()
	}
	return h
}

// alone finds the cheaper side of those that may take all.
func (h *Hybrid) alone() {
	for _, end := range []struct {
		side Verdict
		at   int
	}{{ForAPI, 0}, {ForOwn, hybridSteps}} {
		s := &h.Splits[end.at]
		if over := s.Cost() - h.Best.V.Cost(); s.Allowed && (h.Alone == "" || over < h.Saves) {
			h.Alone, h.Saves = end.side, over
		}
	}
}

func (x *plan) split(own float64, months int) Split {
	s := Split{Share: own}
	v := x.p[volume]
	for m := range months {
		if own < 1 {
			a := x.atAPI(m, v*(1-own))
			s.API += a.sum()
		}
		if own > 0 {
			o := x.onOwn(m, v*own, whole)
			s.Own += o.sum()
		}
	}
	return s
}

// bounds are the constraints that facts state, and those that they leave open.
func (f *Facts) bounds() (list []Bound, unknown []fleet.Safe) {
	percent := func(v float64) fleet.Safe { return fleet.Ratio(v).Whole() }
	if f.AirGap.OK && f.AirGap.V {
		list = append(list, Bound{"residency", 1, 1, fleet.Text("there is no way out of the network")})
	}
	if f.MustOwn.OK {
		list = append(list, Bound{"residency", f.MustOwn.V, 1, fleet.Textf("%s%% of the traffic may not leave", percent(f.MustOwn.V))})
	} else {
		unknown = append(unknown, fleet.Text("residency: the share that may not leave"))
	}
	if f.Latency.OK {
		list = append(list, Bound{"latency", f.Latency.V, 1, fleet.Textf("%s%% must be answered beside the application", percent(f.Latency.V))})
	} else {
		unknown = append(unknown, fleet.Text("latency: the share that must be answered beside the application"))
	}
	if f.Lacks.OK {
		list = append(list, Bound{"capability", 0, 1 - f.Lacks.V, fleet.Textf("%s%% uses what own models do not offer", percent(f.Lacks.V))})
	} else {
		unknown = append(unknown, fleet.Text("capability: the share that uses what own models do not offer"))
	}
	if f.Frontier.OK {
		list = append(list, Bound{"frontier", 0, 1 - f.Frontier.V, fleet.Textf("%s%% needs a frontier model", percent(f.Frontier.V))})
	} else {
		unknown = append(unknown, fleet.Text("frontier: the share that needs a frontier model"))
	}
	return list, unknown
}
