package azurecosts

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/ratelimits"
	"pitwall/fleet"
)

// The ration of a tenant is counted in units, about one for each month of data: 12 in ten seconds, 60 in a minute, 600 in an hour.
// What is used of it here is less, since others ask too: Azure's own portal, for one.
var rations = []struct {
	per  time.Duration
	most float64
}{{10 * time.Second, 8}, {time.Minute, 40}, {time.Hour, 300}}

// The headers of an answer.
const (
	consumedHeader = "X-Ms-Ratelimit-Microsoft.costmanagement-Qpu-Consumed"
	remainsHeader  = "X-Ms-Ratelimit-Microsoft.costmanagement-Qpu-Remaining"
)

// waitHeaders say in seconds when one of several limits is over.
var waitHeaders = []string{"X-Ms-Ratelimit-Microsoft.costmanagement-Qpu-Retry-After",
	"X-Ms-Ratelimit-Microsoft.costmanagement-Entity-Retry-After", "X-Ms-Ratelimit-Microsoft.costmanagement-Tenant-Retry-After",
	"X-Ms-Ratelimit-Microsoft.costmanagement-Clienttype-Retry-After"}

// ration keeps what calls of this source took.
type ration struct {
	mu    sync.Mutex
	taken []taken
	until time.Time // before it nothing is asked
}

type taken struct {
	at    time.Time
	units float64
}

// room refuses a call that may not fit. Nothing is sent then.
func (r *ration) room(source fleet.SourceID, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait := r.until.Sub(now)
	for _, limit := range rations {
		sum, first := 1.0, time.Duration(0)
		for _, t := range r.taken {
			if age := now.Sub(t.at); age < limit.per {
				sum += t.units
				first = max(first, limit.per-age)
			}
		}
		if first > 0 && sum > limit.most {
			wait = max(wait, first)
		}
	}
	if wait <= 0 {
		return nil
	}
	return &fleet.Error{Kind: fleet.KindRateLimited, Op: "ask for the costs", Source: source, Retry: wait,
		Err: errors.New("the ration of the tenant is used up"), Next: "nothing was sent; it is asked again once there is room"}
}

// wait waits until there is room, as long as ctx lasts and the wait is for the shortest of the rations.
func (r *ration) wait(ctx context.Context, source fleet.SourceID, clock fleet.Clock) error {
	for {
		err := r.room(source, clock.Now())
		wait := fleet.RetryAfter(err)
		if err == nil || wait > rations[0].per {
			return err
		}
		task := clock.Task()
		stopped := task.Sleep(ctx, wait)
		task.Done()
		if stopped != nil {
			return err
		}
	}
}

// told notes what a call took and how much is left, by the answer's own word.
func (r *ration) told(reply *httpx.Reply, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.taken[:0]
	for _, t := range r.taken {
		if now.Sub(t.at) < time.Hour {
			kept = append(kept, t)
		}
	}
	units := ratelimits.Amount(reply.Header, consumedHeader).Or(1)
	r.taken = append(kept, taken{now, min(max(units, 1), rations[len(rations)-1].most)})
	if left, ok := remains(reply.Header); ok && left < 1 {
		r.until = now.Add(10 * time.Second)
	}
	if wait := waitOf(reply.Header); wait > 0 {
		r.until = now.Add(wait)
	}
}

// remains is the least that is left: the header names several times, as "QPU:10;…" or as a number.
func remains(h http.Header) (float64, bool) {
	least, found := 0.0, false
	for part := range strings.FieldsFuncSeq(h.Get(remainsHeader), func(r rune) bool { return r == ';' || r == ',' }) {
		if i := strings.LastIndexByte(part, ':'); i >= 0 {
			part = part[i+1:]
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err == nil && n >= 0 && (!found || n < least) {
			least, found = n, true
		}
	}
	return least, found
}

// mostWait bounds what is believed.
const mostWait = time.Hour

func waitOf(h http.Header) time.Duration {
	wait := time.Duration(0)
	for _, name := range waitHeaders {
		if n := ratelimits.Amount(h, name); n.OK {
			wait = max(wait, time.Duration(min(n.V, mostWait.Seconds())*float64(time.Second)))
		}
	}
	return wait
}

// waits adds to a refusal how long it holds, where only Azure's own headers say that.
func waits(reply *httpx.Reply, err error) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil || e.Kind != fleet.KindRateLimited {
		return err
	}
	said := *e
	said.Retry = max(e.Retry, waitOf(reply.Header))
	return &said
}
