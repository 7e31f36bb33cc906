package actions

import (
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/fleet/advisory"
)

// The kinds of changes that are made to what keeps replicas, or to nodes, of a cluster. Each is a deed of the fleet.
const (
	KindUpgrade    = Kind(fleet.DoUpgrade)
	KindScale      = Kind(fleet.DoScale)
	KindPause      = Kind(fleet.DoPause)
	KindContinue   = Kind(fleet.DoResume)
	KindRestart    = Kind(fleet.DoRestart)
	KindHoldScaler = Kind(fleet.DoHoldScaler)
	KindFreeScaler = Kind(fleet.DoFreeScaler)
	KindCordon     = Kind(fleet.DoCordon)
	KindUncordon   = Kind(fleet.DoUncordon)
	KindDrain      = Kind(fleet.DoDrain)
	KindPromote    = Kind(fleet.DoPromote)
	KindAdvance    = Kind(fleet.DoAdvance)
	KindGiveUpRoll = Kind(fleet.DoAbandonRoll)
	KindTraffic    = Kind(fleet.DoTraffic)
	// KindRestore sets back what another change of these kinds set.
	KindRestore Kind = "restore"
)

// WorkIntent is what an operator wants of one object of a cluster.
type WorkIntent struct {
	Object fleet.ObjectRef
	Want   fleet.Want
	// Hold is how long old and new serve beside each other after a canary stage before the next one; zero takes
	// DefaultCanaryHold.
	Hold time.Duration
	// Patience is how long a roll that something stands in the way of is waited for before it is taken back; zero takes
	// DefaultPatience.
	Patience time.Duration
	// ByReadiness goes on when the new replicas are ready, without comparing what they do with the old ones.
	ByReadiness bool
}

// Defaults of a roll.
const (
	DefaultCanaryHold = 15 * time.Minute // change-safety.md part B: at least 15 minutes at 5 % and 25 %
	DefaultPatience   = 5 * time.Minute
)

// WorkPlan is what is done to one object: the exact writes in stages, and what was read before.
type WorkPlan struct {
	Was    fleet.Rollout // as it was planned on
	Draft  fleet.Draft
	Free   fleet.Maybe[int] // GPUs of its product that nothing asks for
	Fits   fleet.Maybe[int] // replicas that there is room for beside what runs: each pod on one node, all pods of a group
	To     fleet.Version    // what the new replicas run, as far as the intent and the draft say it
	Advice Advice           // what the data pack says of that, and of the drivers under it
	Denied []fleet.Safe     // rights that are missing, each with its verb
	Hold   time.Duration
	Give   time.Duration // patience
	Pool   fleet.PoolID  // that it serves, "" where none is known
	// Pools are all that it serves, Pool first, where there are several: what is said of load counts each of them.
	Pools []fleet.PoolID `json:",omitempty"`
	// Golden are the prompts that each new replica is asked before it gets more weight; nil for none.
	Golden []GoldenRef `json:",omitempty"`
	// Later says, where a later stage is judged, that earlier ones were written since the object was read.
	Later bool `json:"-"`
	// Takes is how long it will take where nothing stands in the way, and TakesWhy of what, or why it is not known.
	Takes    fleet.Maybe[time.Duration]
	TakesWhy fleet.Safe
}

// Serving are the pools that the object serves; none where none is known.
func (w *WorkPlan) Serving() []fleet.PoolID {
	switch {
	case len(w.Pools) > 0:
		return w.Pools
	case w.Pool != "":
		return []fleet.PoolID{w.Pool}
	}
	return nil
}

// Advice is what a data pack of advisories said when a plan was made. It is kept with the plan, so that its checks can be
// asked again and answer the same.
type Advice struct {
	AsOf    time.Time // of the pack; zero for none
	Image   advisory.Image
	CUDA    string // that the new image is built on; "" where nothing says it
	Compat  bool   // the image carries the forward-compatibility package
	Engine  advisory.Finding
	Runs    string         // the oldest driver under a replica that runs now, "" where it is not known
	Drivers []DriverAdvice // of the nodes that may take the new replicas, one for each driver; nil where none was read
}

// MostNodes bounds the names of nodes that a plan carries for one driver.
const MostNodes = 8

// DriverAdvice is what the pack says of one driver.
type DriverAdvice struct {
	Driver string   // "" for nodes that do not say it
	Nodes  []string // that have it, at most MostNodes
	Count  int      // of all of them
	Fix    advisory.DriverFix
	Fit    advisory.DriverFit // to the CUDA of the image
}

// Writes are all writes of the first n stages in order, with what follows on them; n past the end means all.
func (w *WorkPlan) Writes(n int) []fleet.ObjectWrite {
	var out []fleet.ObjectWrite
	for _, s := range w.Draft.Stages[:min(n, len(w.Draft.Stages))] {
		out = append(out, s.Writes...)
		out = append(out, s.Then...)
	}
	return out
}

// Rolls tells whether replicas are replaced, so that old and new ones are told apart.
func (w *WorkPlan) Rolls() bool {
	for _, s := range w.Draft.Stages {
		if s.Until.Done || s.Until.Updated > 0 || s.Until.Paused > 0 {
			return true
		}
	}
	return false
}

// TakesText says how long it will take, and of what; "" where it rolls nothing.
func (w *WorkPlan) TakesText() fleet.Safe {
	if !w.Takes.OK {
		return w.TakesWhy
	}
	return fleet.Textf("about %s where nothing stands in the way: %s", fleet.Age(w.Takes.V), w.TakesWhy)
}

// Compares tells whether old and new versions of an object are judged beside each other.
func (p *Plan) Compares() bool {
	return p.Work != nil && !p.Intent.Work.ByReadiness &&
		slices.ContainsFunc(p.Work.Draft.Stages, func(s fleet.Stage) bool { return s.Canary })
}

// workText says what a change of an object does in one line.
func (p *Plan) workText() fleet.Safe {
	net := fleet.Net(p.Work.Writes(len(p.Work.Draft.Stages)))
	what := fleet.Safe{}
	switch stages := p.Work.Draft.Stages; {
	case len(net) > 0:
		what = fleet.Quote(net[0].Text.String())
	case len(stages) > 0 && len(stages[0].Writes) > 0: // a node's pods, or what a controller takes over
		what = fleet.Quote(stages[0].Text.String())
	}
	text := fleet.Label(string(p.Intent.Kind))
	if rest, begins := strings.CutPrefix(what.String(), string(p.Intent.Kind)); begins && (rest == "" || rest[0] == ':') {
		text = what // it says the word itself
	} else if !what.IsEmpty() {
		text = fleet.Concat(text, fleet.Text(": "), what)
	}
	if n := len(p.Work.Draft.Stages); n > 1 {
		text = fleet.Concat(text, fleet.Text(", "), fleet.Many(n, "stage"))
	}
	return text
}

// ObjectName names an object as people type it: "llm/llama-70b", or the name alone where it has no namespace.
func ObjectName(o fleet.ObjectRef) string {
	if o.Namespace == "" {
		return o.Name
	}
	return o.Namespace + "/" + o.Name
}
