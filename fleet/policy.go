package fleet

import "time"

// Pattern is a way in which own GPUs and rented models share the work of a route.
type Pattern string

// The patterns.
const (
	PatternEasyLocal  Pattern = "easy-local"  // easy requests on own GPUs, hard ones at a frontier API
	PatternAPIPrimary Pattern = "api-primary" // an API answers; own GPUs take over when it fails
	PatternCoreLocal  Pattern = "core-local"  // an own fine-tune answers; an API takes edge cases and overflow only
)

// Patterns lists them.
func Patterns() []Pattern { return []Pattern{PatternEasyLocal, PatternAPIPrimary, PatternCoreLocal} }

// RoutePolicy is how own GPUs and rented models are meant to share the work of a route.
type RoutePolicy struct {
	Pattern   Pattern
	Local     Ratio     // the share of requests that own GPUs are meant to answer; of core-local the least
	Tolerance Ratio     // how far the measured share may be off before it is a drift
	Hard      RouteID   // easy-local: the route of the hard requests; "" where one route takes both
	Fallback  RouteID   // api-primary: the route of own GPUs that takes over; "" for any that the gateway falls back to
	Model     ModelName // core-local: the fine-tune that own members must serve
	Rehearsed time.Time `json:",omitzero"` // api-primary: when people last saw the fallback take over; zero where nobody says
}

// RehearsalAge is for how long a rehearsed fallback counts as rehearsed.
const RehearsalAge = 30 * 24 * time.Hour

// Side is where the members of a route that a share counts run.
type Side string

// The sides.
const (
	SideUnknown Side = ""       // neither a pool nor a provider is known for it
	SideOwn     Side = "own"    // own GPUs
	SideRented  Side = "rented" // an API
)

// Side tells where a member runs.
func (t *TargetSpec) Side() Side {
	switch {
	case t.Pool != "":
		return SideOwn
	case t.Provider != "":
		return SideRented
	}
	return SideUnknown
}

// PolicyVerdict is whether a policy is kept.
type PolicyVerdict string

// The verdicts.
const (
	PolicyUnknown  PolicyVerdict = "not known"
	PolicyKept     PolicyVerdict = "kept"
	PolicyDrifting PolicyVerdict = "drifting"
)

// State is a verdict in the words of states.
func (v PolicyVerdict) State() State {
	switch v {
	case PolicyKept:
		return StateOK
	case PolicyDrifting:
		return StateDrift
	case PolicyUnknown:
	}
	return StateUnknown
}

// PolicyState is how a route keeps its policy.
type PolicyState struct {
	Verdict PolicyVerdict
	Why     Safe          // the evidence of Verdict, with Means
	Means   Safe          // of a drift: what it does to users or money, and what explains it; "" otherwise
	Set     Maybe[Ratio]  // share of own GPUs by weights; unknown where weights do not decide it
	Seen    Maybe[Ratio]  // measured share of own GPUs over Over
	SeenN   float64       // requests that were counted, with Seen or too few for it
	Over    time.Duration // the window
	Band    Ratio         // how far Seen may be off: the tolerance, or three standard deviations of so many requests
	Since   time.Time     // since when Verdict stands
}

// Split draws a share of own GPUs beside the rest: "80/20".
func (r Ratio) Split() Safe {
	own := min(100, max(0, int(float64(r)*100+0.5)))
	return Textf("%s/%s", Int(own), Int(100-own))
}

// Text draws what is intended: "easy-local 80/20".
func (p *RoutePolicy) Text() Safe { return Textf("%s %s", Label(string(p.Pattern)), p.Local.Split()) }

// Holds tells whether a share of own GPUs is as intended, give or take a band. A core may have more than its least.
func (p *RoutePolicy) Holds(own, band Ratio) bool {
	const rounding = 1e-9
	off := own - p.Local
	return off >= -band-rounding && (off <= band+rounding || p.Pattern == PatternCoreLocal)
}

// Held is what the gateway's replicas agree on, else what each member is set to.
func (r *Route) Held() Weights {
	if r.Weights != nil {
		return r.Weights.Clone()
	}
	w := Weights{}
	for i := range r.Targets {
		if t := &r.Targets[i]; t.Set.OK {
			w[t.Spec.ID] = t.Set.V
		}
	}
	return w
}

// OwnShare is the share of own GPUs under weights; unknown where nobody knows on which side a member counts.
func (r *Route) OwnShare(w Weights) Maybe[Ratio] {
	if w.Sum() <= 0 {
		return None[Ratio]()
	}
	own := 0
	for id, n := range w {
		t := r.Target(id)
		switch {
		case n <= 0:
		case t == nil || t.Spec.Side() == SideUnknown:
			return None[Ratio]()
		case t.Spec.Side() == SideOwn:
			own += n
		}
	}
	return Some(Ratio(float64(own) / float64(w.Sum())))
}

// TakesOver is an own member that requests of a route come to when its rented members fail.
type TakesOver struct {
	Route  *Route
	Target *Target
	// ByHand tells that the gateway does not turn to it: it is a member without weight, or what fails keeps its share there.
	// People or a failover must move the load.
	ByHand bool
}

// OwnFallbacks are the own members behind a route: those of its own that are not out of use, and those of the routes that its
// gateway falls back to on failures. With a fallback in its policy only that one counts beside its own members.
func (s *Snapshot) OwnFallbacks(r *Route) []TakesOver {
	var list []TakesOver
	for i := range r.Targets {
		if t := &r.Targets[i]; t.Spec.Side() == SideOwn && !(t.Blocked.OK && t.Blocked.V) {
			list = append(list, TakesOver{Route: r, Target: t, ByHand: r.Routing.KeepsShare || !t.Set.OK || t.Set.V <= 0})
		}
	}
	for _, next := range s.FailsTo(r) {
		for i := range next.Targets {
			t := &next.Targets[i]
			if t.Spec.Side() == SideOwn && t.Set.Or(0) > 0 && !(t.Blocked.OK && t.Blocked.V) {
				list = append(list, TakesOver{Route: next, Target: t})
			}
		}
	}
	return list
}

// FailsTo are the routes that the gateway falls back to when a route fails, in its order. With a fallback in its policy only that
// one counts.
func (s *Snapshot) FailsTo(r *Route) []*Route {
	only := RouteID("")
	if p := r.Spec.Policy; p != nil {
		only = p.Fallback
	}
	var list []*Route
	for _, f := range r.Routing.Fallbacks {
		if f.Kind != FallbackFailure && f.Kind != FallbackDefault {
			continue
		}
		for _, to := range f.To {
			next := s.RouteAt(r.Spec.Gateway, to)
			if next != nil && next != r && (only == "" || next.Spec.ID == only || to == only) {
				list = append(list, next)
			}
		}
	}
	return list
}

// FateOf joins the shared-fate tags of a target with those of its site.
func (s *Snapshot) FateOf(t *Target) Fate {
	out := Fate{}
	if pool := s.Pool(t.Spec.Pool); pool != nil {
		if site := s.Site(pool.Spec.Site); site != nil {
			for k, v := range site.Fate {
				out[k] = v
			}
			out["site"] = string(site.ID)
		}
		for k, v := range pool.Spec.Fate {
			out[k] = v
		}
	}
	if provider := s.Provider(t.Spec.Provider); provider != nil {
		for k, v := range provider.Spec.Fate {
			out[k] = v
		}
		out["provider account"] = string(provider.Spec.ID)
	}
	return out
}
