package backends

import (
	"math"
	"time"

	"pitwall/fleet"
)

// A page is frozen when no figure on it changes over so many reads and for so long although there is work. GPU
// exporters collect every 30 s by default, so that a few equal reads are nothing; a page of few figures may be steady by
// chance and gets longer.
const (
	frozenReads = 6
	frozenFor   = 2 * time.Minute
	frozenFew   = 10 * time.Minute
	fewFigures  = 8
	// frozenWork is the use of a GPU above which its power cannot stand still.
	frozenWork = fleet.Ratio(0.05)
)

// stillness follows whether the figures of one source's pages change.
type stillness struct {
	print   uint64
	since   time.Time // of the first read with this print
	last    time.Time
	reads   int
	figures int
	busy    bool // a GPU of the page is at work by its own word
	said    bool
}

func (s *stillness) add(at time.Time, print uint64, figures int) {
	if s.reads == 0 || print != s.print {
		*s = stillness{print: print, since: at}
	}
	s.last, s.figures = at, figures
	s.reads++
}

// lasting is for how long nothing changed, 0 where it is too early to tell.
func (s *stillness) lasting() time.Duration {
	need := frozenFor
	if s.figures < fewFigures {
		need = frozenFew
	}
	if d := s.last.Sub(s.since); s.reads >= frozenReads && d >= need {
		return d
	}
	return 0
}

// figurePrint hashes figures; unknown ones count as such.
type figurePrint struct {
	sum   uint64
	known int
}

// FNV-1a, 64 bits.
const (
	printBasis = 14695981039346656037
	printPrime = 1099511628211
)

func newPrint() figurePrint { return figurePrint{sum: printBasis} }

func (p *figurePrint) add(v float64, known bool) {
	if known {
		p.known++
	} else {
		v = math.NaN()
	}
	for bits, i := math.Float64bits(v), 0; i < 8; i++ {
		p.sum = (p.sum ^ bits&0xff) * printPrime
		bits >>= 8
	}
}

// watchGPUPage notes whether a page of GPUs changed. Without power there is nothing on it that has to.
func (w *world) watchGPUPage(s *sourceState, p fleet.Partial) {
	print, powered, busy := newPrint(), false, false
	for i := range p.GPUs {
		g := &p.GPUs[i]
		powered = powered || g.Power.OK && g.Power.V > 0
		busy = busy || g.Util.OK && g.Util.V >= frozenWork
		addTo(&print, g.Util, g.TensorUtil, g.SMUtil, g.DRAMUtil)
		addTo(&print, g.MemUsed)
		addTo(&print, g.Temp)
		addTo(&print, g.Power)
		addTo(&print, g.SMClockMHz)
	}
	if !powered {
		delete(w.still, s.spec.ID)
		return
	}
	still := w.stillness(s.spec.ID)
	still.add(p.At, print.sum, print.known)
	still.busy = busy
	if d := w.gpuPageFrozen(s); d > 0 && !still.said {
		still.said = true
		w.events.add(fleet.Event{At: p.At, Level: fleet.LevelStale, Object: w.nodeLabel(s), Text: frozenText(d)})
	}
}

func addTo[T ~float64](p *figurePrint, figures ...fleet.Maybe[T]) {
	for _, m := range figures {
		p.add(float64(m.V), m.OK)
	}
}

func (w *world) stillness(id fleet.SourceID) *stillness {
	s := w.still[id]
	if s == nil {
		s = &stillness{}
		w.still[id] = s
	}
	return s
}

// gpuPageFrozen is for how long a page of GPUs stands still under load, 0 where it does not: they are at work by their
// own word, or tokens moved on their machine meanwhile.
func (w *world) gpuPageFrozen(s *sourceState) time.Duration {
	still := w.still[s.spec.ID]
	if still == nil {
		return 0
	}
	d := still.lasting()
	if d == 0 || still.busy {
		return d
	}
	for _, r := range w.index.engines[s.spec.Subject.Node] {
		if p := w.progress[r.spec.ID]; p != nil && p.lastToken.After(still.since) {
			return d
		}
	}
	return 0
}

// watchEnginePage notes whether a page of engines changed at all: a hung engine goes on queueing and refusing.
func (w *world) watchEnginePage(s *sourceState, p fleet.Partial) {
	print := newPrint()
	for i := range p.Engines {
		e := &p.Engines[i]
		addTo(&print, e.Running, e.Waiting)
		addTo(&print, e.KVUsage)
		addTo(&print, e.PromptTokens, e.OutputTokens, e.Finished, e.Aborted, e.Failed, e.Work, e.Pulse)
		print.add(e.TTFT.Sum, true)
		print.add(e.E2E.Sum, true)
		print.add(e.QueueTime.Count(), true)
	}
	w.stillness(s.spec.ID).add(p.At, print.sum, fewFigures)
}

// enginePageFrozen tells a replica whose page stands still from one that hangs, which needs a second source: the page
// of its machine's GPUs stands still as well, or the gateways count answers of a pool none of whose engines moves.
// answered is when the newest of these came at the earliest. Without a second source, a stall is a stall.
func (w *world) enginePageFrozen(s *sourceState, spec fleet.PoolSpec, answered time.Time) judgement {
	still, watch := w.still[s.spec.ID], w.progress[s.spec.ID]
	if still == nil || watch == nil || watch.running+watch.waiting == 0 || still.reads < stallSamples {
		return judgement{}
	}
	d := still.last.Sub(still.since)
	node := w.index.nodes[s.spec.Subject.Node]
	switch {
	case still.reads >= frozenReads && d >= frozenFor && node != nil && w.gpuPageFrozen(node) > 0:
		return judgement{fleet.StateStale, fleet.Concat(frozenText(d), fleet.Text(", nor of its GPUs' page"))}
	case answeredAfter(s, answered, still.since) && !w.moves(spec, still.since.Add(answerLag)):
		return judgement{fleet.StateStale, fleet.Concat(frozenText(d), fleet.Text(", while gateways count its answers"))}
	default:
		return judgement{}
	}
}

// enginePageLost tells a replica whose page does not answer from one that is dead in the same way: gateways count
// answers of a pool no page of which tells of a token. Where they did until now, it waits until their counters can tell.
func (w *world) enginePageLost(s *sourceState, spec fleet.PoolSpec, answered, now time.Time) judgement {
	st := &s.status
	if st.Failing < failuresToSay || !gone(st) || now.Sub(answered) > 2*rateWindow {
		return judgement{}
	}
	began := st.LastGood
	if !began.IsZero() {
		began = began.Add(s.spec.Interval + s.spec.Timeout) // until then it may have worked
	}
	if w.moves(spec, began) {
		return judgement{} // the answers are of others
	}
	switch {
	case answeredAfter(s, answered, began):
		return judgement{fleet.StateStale, fleet.Concat(
			fleet.Text("gateways get answers of its pool, its page gives none: "), st.Cause)}
	case now.Sub(began) < answerLag+answerWait:
		return judgement{fleet.StateStale, fleet.Concat(
			fleet.Text("its page gives no answer, gateways will tell whether it works: "), st.Cause)}
	default:
		return judgement{}
	}
}

const (
	// answerLag is how late a gateway may count an answer.
	answerLag = 5 * time.Second
	// answerWait is how long gateways get to count an answer of a pool that was lost as a whole.
	answerWait = 10 * time.Second
	// storeLag is how far the times of a store may lie from ours.
	storeLag = 75 * time.Second
)

// answeredAfter tells whether an answer was counted that cannot come from before a time by the times of a source.
func answeredAfter(s *sourceState, answered, since time.Time) bool {
	lag := answerLag
	if s.spec.From != "" {
		lag = storeLag
	}
	return answered.After(since.Add(lag))
}

// moves tells whether any engine of a pool made a token after a time.
func (w *world) moves(spec fleet.PoolSpec, after time.Time) bool {
	for _, r := range spec.Replicas {
		if s := w.index.replica(spec.ID, r.ID); s != nil {
			if p := w.progress[s.spec.ID]; p != nil && p.lastToken.After(after) {
				return true
			}
		}
	}
	return false
}

func frozenText(d time.Duration) fleet.Safe {
	return fleet.Concat(fleet.Text("frozen: no figure of its page changed for "), fleet.Age(d), fleet.Text(" under load"))
}
