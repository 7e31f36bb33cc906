// Package aside asks what stands beside a reading: the health claim, the version, the name of the model.
// It must not ask oftener than its caller says, use up the deadline of the reading, or fail it.
package aside

import (
	"context"
	"net/http"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// FactEvery is how often a fact is asked that changes with a restart only.
const FactEvery = time.Minute

// Half gives a side question half of the time that is left, so that it cannot use up the deadline of the reading.
func Half(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/2) // an HTTP deadline is real time, whatever the clock
}

// Health asks a health path: true for 2xx, false for 5xx, unknown for everything else, such as a proxy that does not
// pass the path on. The reply is nil where none came.
func Health(ctx context.Context, client *httpx.Client, path string) (fleet.Maybe[bool], *httpx.Reply) {
	ctx, cancel := Half(ctx)
	defer cancel()
	reply, err := client.Get(ctx, path, "")
	switch {
	case err == nil:
		return fleet.Some(true), reply
	case reply != nil && reply.Status >= http.StatusInternalServerError:
		return fleet.Some(false), reply
	default:
		return fleet.None[bool](), reply
	}
}

// Fact is an answer that is asked at most once in a while and kept in between. The zero value knows nothing. It is safe
// for concurrent use.
type Fact[T any] struct {
	mu    sync.Mutex
	value T
	known bool
	asked time.Time
}

// untilKnown is how much sooner a fact is asked again that has not been told yet.
const untilKnown = 6

// Get returns what is known, after asking where it is due: at most once in every. ask tells whether it got an answer;
// without one, what was known before stays.
func (f *Fact[T]) Get(ctx context.Context, now time.Time, every time.Duration, ask func(context.Context) (T, bool)) T {
	f.mu.Lock()
	if !f.known {
		every /= untilKnown
	}
	value, due := f.value, f.asked.IsZero() || now.Sub(f.asked) >= every
	if due {
		f.asked = now
	}
	f.mu.Unlock()
	if !due {
		return value
	}
	ctx, cancel := Half(ctx)
	defer cancel()
	answer, ok := ask(ctx)
	if !ok {
		return value
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.value, f.known = answer, true
	return answer
}

// JSON asks a path for a JSON answer and decodes it into v.
func JSON(ctx context.Context, client *httpx.Client, path string, v any) bool {
	reply, err := client.Get(ctx, path, "application/json")
	return err == nil && reply.JSON(v) == nil
}

// Version asks /version, which answers {"version": "..."} on servers built after vLLM's model.
func Version(client *httpx.Client) func(context.Context) (fleet.Safe, bool) {
	return func(ctx context.Context) (fleet.Safe, bool) {
		var answer struct {
			Version string `json:"version"`
		}
		ok := JSON(ctx, client, "/version", &answer) && answer.Version != ""
		return fleet.Label(answer.Version), ok
	}
}

// ServedModel asks /v1/models for the name that clients use; the first one where there are several.
func ServedModel(client *httpx.Client) func(context.Context) (fleet.ModelName, bool) {
	return func(ctx context.Context) (fleet.ModelName, bool) {
		var answer struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		if !JSON(ctx, client, "/v1/models", &answer) || len(answer.Data) == 0 || answer.Data[0].ID == "" {
			return "", false
		}
		return fleet.ModelName(answer.Data[0].ID), true
	}
}
