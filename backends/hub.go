package backends

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"pitwall/backends/books"
	"pitwall/backends/history"
	"pitwall/economics"
	"pitwall/fleet"
)

// quiet is how long followers of a delivered snapshot are gathered: the first change after
// quiet is delivered at once, later ones at most four a second.
const quiet = 250 * time.Millisecond

// Options configure a Hub.
type Options struct {
	Inventory fleet.Inventory
	Readers   map[fleet.SourceID]fleet.Reader
	Clock     fleet.Clock
	Log       *slog.Logger
	Prices    Prices         // nil means that everything is unpriced
	Books     *books.Books   // nil means that no days of money are kept
	History   *history.Store // nil means no look-back beyond this run
	Rand      *rand.Rand     // jitter; nil takes a random seed
	// Problems are sources that could not be opened, with the reason.
	Problems map[fleet.SourceID]error
	// Open opens a source that discovery found while the Hub runs; nil leaves such sources unread.
	Open func(fleet.SourceSpec) (fleet.Reader, error)
}

// Prices answers what things cost. An unknown price is never guessed.
type Prices interface {
	Price(kind string, model fleet.ModelName) (fleet.Price, bool)
	AsOf() time.Time
}

// BillPrices is what a price list may know beyond Prices: the names and units that bills have, and which of its prices look like
// typing errors.
type BillPrices interface {
	Canonical(kind string, model fleet.ModelName) fleet.ModelName
	LinePriceOf(p *fleet.ProviderSpec, line *fleet.BillLine) (fleet.Money, bool)
	Doubts() []fleet.Safe
}

// ExchangeRates are asked of a price list that knows the site's file of rates.
type ExchangeRates interface {
	Rates() economics.ExchangeRates
}

// Hub reads every source on its own schedule and merges the answers. It owns one goroutine for each source.
type Hub struct {
	opt    Options
	log    *slog.Logger
	fitted sync.Mutex // held while discovery changes the sources; taken before mu
	found  map[fleet.SourceID]*fleet.Found

	mu        sync.Mutex
	states    []*sourceState
	byID      map[fleet.SourceID]*sourceState
	world     *world
	gen       uint64
	latest    *fleet.Snapshot
	published time.Time
	scheduled bool
	gather    time.Duration // see Gather
	fresh     chan struct{} // closed and replaced at each snapshot
	ended     chan struct{} // closed when Run's context ends: nobody waits for a later snapshot
	tasks     sync.WaitGroup
	closed    chan []history.Point // look-back points that wait to be written
	recalled  bool                 // the look-back of earlier runs is in, or there is none
	patience  time.Duration        // for adapters that ignore their deadline
}

// New returns a Hub that reads nothing until Run.
func New(opt Options) *Hub {
	if opt.Rand == nil {
		opt.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	h := &Hub{
		opt: opt, log: opt.Log,
		byID:  map[fleet.SourceID]*sourceState{},
		found: map[fleet.SourceID]*fleet.Found{},
		fresh: make(chan struct{}), ended: make(chan struct{}), patience: overrun,
	}
	for _, spec := range opt.Inventory.Sources {
		s := newSourceState(spec, opt.Readers[spec.ID], opt.Problems[spec.ID], opt.Rand.Uint64())
		s.late = lateness(len(h.states))
		h.states = append(h.states, s)
		h.byID[spec.ID] = s
	}
	h.world = newWorld(opt, h.states)
	h.serve(h.states, opt.Inventory.Pools)
	if opt.History != nil {
		h.closed = make(chan []history.Point, unsaved)
		h.world.look.save = h.save
	}
	h.recalled = opt.History == nil
	return h
}

// lateness keeps a thousand sources from being asked in one moment: the first few dozen are, and the others follow a
// few milliseconds apart.
func lateness(position int) time.Duration {
	const atOnce, apart = 64, 3 * time.Millisecond
	return time.Duration(max(0, position-atOnce)) * apart
}

// Run reads until ctx ends, and returns when every source's goroutine has stopped.
func (h *Hub) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { close(h.ended) })()
	var jobs []func()
	for _, s := range h.states {
		if begin := h.attend(ctx, s); begin != nil {
			jobs = append(jobs, begin)
		}
	}
	jobs = append(jobs, h.job(func(task fleet.Task) { h.age(ctx, task) }))
	if h.opt.History != nil {
		jobs = append(jobs, h.job(func(task fleet.Task) { h.keep(ctx, task) }))
	}
	if h.opt.Books != nil {
		jobs = append(jobs, h.job(func(task fleet.Task) { h.bookkeep(ctx, task) }))
	}
	jobs = append(jobs, h.job(func(task fleet.Task) { h.recollect(ctx, task) }))
	// Whoever sees the first snapshot may move a virtual clock: all tasks are on it by then.
	h.publish()
	for _, begin := range jobs {
		begin()
	}
	h.tasks.Wait()
}

// attend registers the goroutine of one source and returns what starts it; nil for a source that nobody reads by
// itself.
func (h *Hub) attend(ctx context.Context, s *sourceState) (begin func()) {
	if s.reader == nil || s.spec.From != "" {
		return nil
	}
	ctx, s.stop = context.WithCancel(ctx)
	if w, ok := s.reader.(fleet.Watcher); ok {
		return h.job(func(task fleet.Task) { h.follow(ctx, s, w, task) })
	}
	return h.job(func(task fleet.Task) { h.poll(ctx, s, task) })
}

// job registers a goroutine of the Hub as a task of the clock, and returns what starts it.
func (h *Hub) job(work func(fleet.Task)) (begin func()) {
	task := h.opt.Clock.Task()
	return func() {
		h.tasks.Go(func() {
			defer task.Done()
			work(task)
		})
	}
}

// start runs one goroutine of the Hub as a task of the clock.
func (h *Hub) start(work func(fleet.Task)) { h.job(work)() }

// age publishes once a second, or less often where the fleet is large, while nothing arrives, so that silence itself turns into STALE.
func (h *Hub) age(ctx context.Context, task fleet.Task) {
	for task.Sleep(ctx, time.Second) == nil {
		h.mu.Lock()
		due := !h.scheduled && h.opt.Clock.Now().Sub(h.published) >= h.world.agesEvery()
		h.mu.Unlock()
		if due {
			h.publish()
		}
	}
}

// Latest returns the newest snapshot; it is never nil once Run has begun.
func (h *Hub) Latest() *fleet.Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.latest
}

// Next waits for a snapshot newer than the one of generation gen.
func (h *Hub) Next(ctx context.Context, gen uint64) (*fleet.Snapshot, error) {
	for {
		h.mu.Lock()
		snap, fresh := h.latest, h.fresh
		h.mu.Unlock()
		if snap != nil && snap.Gen > gen {
			return snap, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-fresh:
		}
	}
}

// Refresh makes every source that is not backing off read now.
func (h *Hub) Refresh() {
	h.mu.Lock()
	states := h.states
	h.mu.Unlock()
	for _, s := range states {
		s.refresh()
	}
}

// Gather makes followers of a snapshot wait for at least d instead of a quarter of a second: on a clock that runs faster than
// people look, most snapshots would be seen by nobody. 0 is as before.
func (h *Hub) Gather(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gather = d
}

// Note adds an event of pitwall itself, such as a change that began, to the next snapshot.
func (h *Hub) Note(e fleet.Event) {
	h.mu.Lock()
	h.world.events.add(e)
	h.mu.Unlock()
	h.changed()
}

// changed delivers a snapshot now, or once the quiet time since the last one is over.
func (h *Hub) changed() {
	h.mu.Lock()
	wait := max(h.gather, h.world.quiet()) - h.opt.Clock.Now().Sub(h.published)
	if wait > 0 && h.latest != nil {
		if h.scheduled {
			h.mu.Unlock()
			return
		}
		h.scheduled = true
		h.mu.Unlock()
		h.start(func(task fleet.Task) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			go func() {
				select {
				case <-h.ended:
					cancel()
				case <-ctx.Done():
				}
			}()
			if task.Sleep(ctx, wait) == nil {
				h.publish()
			}
		})
		return
	}
	h.mu.Unlock()
	h.publish()
}

func (h *Hub) publish() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scheduled = false
	h.gen++
	now := h.opt.Clock.Now()
	h.latest = h.world.snapshot(h.gen, now)
	h.published = now
	close(h.fresh)
	h.fresh = make(chan struct{})
}

// Inventory is the fleet that is watched now: what was configured and what was found.
func (h *Hub) Inventory() fleet.Inventory {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.world.inventory
}

// Notes are what discovery saw and did not take, by source.
func (h *Hub) Notes() []fleet.Safe {
	h.fitted.Lock()
	defer h.fitted.Unlock()
	var notes []fleet.Safe
	for _, s := range h.opt.Inventory.Sources {
		if f := h.found[s.ID]; f != nil {
			notes = append(notes, f.Notes...)
		}
	}
	return notes
}
