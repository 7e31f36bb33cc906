package sglang

import (
	"context"
	"net/http"
	"sync"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// healthEvery is how often the health path may be asked: newer servers generate a token for each answer, which queues
// behind the load.
const healthEvery = 30 * time.Second

// healthWatch asks the health path only where the readings do not show work. While they do, the list of models stands
// for it: the process that takes requests answers it without the scheduler.
type healthWatch struct {
	mu      sync.Mutex
	asked   time.Time
	claim   fleet.Maybe[bool]
	known   bool
	pattern float64 // what the last reading showed of work
}

// ask returns the newest claim. While tokens move, none of the health path stands.
func (h *healthWatch) ask(ctx context.Context, client *httpx.Client, p fleet.Partial) fleet.Maybe[bool] {
	pattern, running := shown(p.Engines)
	h.mu.Lock()
	moved := h.known && pattern != h.pattern
	busy := !h.known && running > 0 // the next reading tells whether it moves
	h.known, h.pattern = true, pattern
	if moved || busy {
		h.claim = fleet.None[bool]()
		h.mu.Unlock()
		claim, _ := aside.Health(ctx, client, "/v1/models")
		return claim
	}
	due := h.asked.IsZero() || p.At.Sub(h.asked) >= healthEvery
	if due {
		h.asked = p.At
	}
	claim := h.claim
	h.mu.Unlock()
	if !due {
		return claim
	}
	claim = probe(ctx, client)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.claim = claim
	return claim
}

// shown adds up what changes with work, and what runs.
func shown(engines []fleet.EngineReading) (pattern, running float64) {
	for _, e := range engines {
		pattern += e.Work.V + e.Pulse.V + e.OutputTokens.V + e.Finished.V
		running += float64(e.Running.V)
	}
	return pattern, running
}

// probe waits for nearly as long as the reading may take: a slow answer is an answer of a busy server, and none in time
// is no claim.
func probe(ctx context.Context, client *httpx.Client) fleet.Maybe[bool] {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)*9/10) // an HTTP deadline is real time, whatever the clock
		defer cancel()
	}
	reply, err := client.Get(ctx, "/health", "")
	switch {
	case err == nil:
		return fleet.Some(true)
	case reply != nil && reply.Status >= http.StatusInternalServerError:
		return fleet.Some(false)
	default:
		return fleet.None[bool]()
	}
}
