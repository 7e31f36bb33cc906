package wire

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/world"
)

// How late bills and reports of usage are. Nobody promises it; these are what people see.
const (
	usageLag  = 4 * time.Minute // until a minute is in the report
	costLag   = 3 * time.Hour   // until an hour is in OpenAI's costs
	reportLag = 5 * time.Minute // of both of Anthropic's reports
	// lateHour is when the last hour of a day is on the bill: until then the day looks whole and is too cheap by it.
	lateHour = 26 * time.Hour
)

// bills is the part of a provider's interface that tells of money and usage.
type bills struct {
	*server
	p *world.Provider

	mu     sync.Mutex
	asked  []time.Time // in the last minute
	perMin int
}

// How many questions a minute may bring before they are refused. Anthropic bears one a minute for long, and more at once.
const (
	mostOpenAI    = 120
	mostAnthropic = 60
)

// admit counts a question, and tells in how many seconds the next one is welcome where there were too many.
func (b *bills) admit() (wait int) {
	now := b.o.Clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = slices.DeleteFunc(b.asked, func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	if len(b.asked) >= b.perMin {
		return max(1, int((time.Minute-now.Sub(b.asked[0])).Seconds()+0.999))
	}
	b.asked = append(b.asked, now)
	return 0
}

// served is what the provider served in a time, as far as it is known by now.
func (b *bills) served(from, to time.Time, known func(now, at time.Time) bool) []world.Served {
	now := b.o.Clock.Now()
	var list []world.Served
	b.o.World.At(now, func() { list = b.o.World.Served(from, to) })
	past := b.o.past().Served
	first, _ := slices.BinarySearchFunc(past, from, func(s world.Served, at time.Time) int { return s.At.Compare(at) })
	for _, s := range past[first:] {
		if !s.At.Before(to) {
			break
		}
		list = append(list, s)
	}
	list = slices.DeleteFunc(list, func(s world.Served) bool { return s.Provider != b.p.Spec.Name || !known(now, s.At) })
	world.SortServed(list)
	return list
}

// reported is when a minute is in a report of usage.
func reported(lag time.Duration) func(now, at time.Time) bool {
	return func(now, at time.Time) bool { return !now.Before(at.Add(time.Minute + lag)) }
}

// charged is when what was served is on OpenAI's bill.
func charged(now, at time.Time) bool {
	hour := at.UTC().Truncate(time.Hour)
	if hour.Hour() == 23 {
		return !now.Before(hour.Add(time.Hour + lateHour))
	}
	return !now.Before(hour.Add(time.Hour + costLag))
}

// billed is what a bill calls a model: a snapshot with its date, whatever name it was asked by.
func (b *bills) billed(model string) string {
	if name := b.p.Spec.Snapshots[model]; name != "" {
		return name
	}
	return model
}

// grain is a width of buckets, how many of them an answer has usually, and how many at most.
type grain struct {
	width       time.Duration
	usual, most int
}

// window is the time that a question is about, in buckets.
type window struct {
	from, to time.Time
	width    time.Duration
	limit    int
}

var errPage = errors.New("invalid page")

// slice is the part of the window that one answer has. A page is the beginning of its first bucket.
func (w window) slice(page string) (starts []time.Time, next string, err error) {
	from := w.from
	if page != "" {
		if from, err = pageStart(page); err != nil || from.Before(w.from) || !from.Equal(from.Truncate(w.width)) {
			return nil, "", errPage
		}
	}
	for at := from; at.Before(w.to); at = at.Add(w.width) {
		if len(starts) == w.limit {
			return starts, pageOfStart(at), nil
		}
		starts = append(starts, at)
	}
	return starts, "", nil
}

const pagePrefix = "page_"

func pageOfStart(at time.Time) string {
	return pagePrefix + base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at.Unix(), 10)))
}

func pageStart(page string) (time.Time, error) {
	if len(page) < len(pagePrefix) || page[:len(pagePrefix)] != pagePrefix {
		return time.Time{}, errPage
	}
	raw, err := base64.RawURLEncoding.DecodeString(page[len(pagePrefix):])
	if err != nil {
		return time.Time{}, errPage
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return time.Time{}, errPage
	}
	return time.Unix(n, 0).UTC(), nil
}

// many reads a parameter that may be given more than once, with brackets or without.
func many(q url.Values, name string) []string { return slices.Concat(q[name], q[name+"[]"]) }

// sums adds rows up by a key, in the order in which the keys come.
func sums[K comparable](rows []world.Served, by func(world.Served) K) (keys []K, of map[K][]world.Served) {
	of = map[K][]world.Served{}
	for _, r := range rows {
		k := by(r)
		if _, known := of[k]; !known {
			keys = append(keys, k)
		}
		of[k] = append(of[k], r)
	}
	return keys, of
}

// total adds rows up.
func total(rows []world.Served) (sum world.Served) {
	for _, r := range rows {
		sum.Tokens.Plus(r.Tokens)
		sum.Requests += r.Requests
	}
	return sum
}

// bucket is one kind of tokens of a row and what it costs.
type bucket struct {
	item, join string // as OpenAI's lines of costs call it, and Anthropic's
	tokens     int64
	price      decimal.Decimal // of a million
}

// buckets are the kinds of tokens of a model, with their prices; none where the account has no price of it.
func (b *bills) buckets(model string, t world.Tokens) []bucket {
	r, known := b.p.Spec.Rates[model]
	if !known {
		return nil
	}
	return []bucket{{"input", "uncached_input_tokens", t.Input, r.Input},
		{"cached input", "cache_read_input_tokens", t.CacheRead, r.CacheRead},
		{"cache write", "cache_creation.ephemeral_5m_input_tokens", t.CacheWrite, r.CacheWrite}, {"output", "output_tokens", t.Output, r.Output}}
}

// cost is what the tokens of a bucket cost in a tier, in US dollars.
func (k bucket) cost(tier string) decimal.Decimal {
	cost := decimal.NewFromInt(k.tokens).Mul(k.price).Shift(-6)
	if tier == world.TierBatch {
		return cost.Div(decimal.NewFromInt(2))
	}
	return cost
}

// keyOf is the provider's own key that a row came with: all gateways share one.
func keyOf(s world.Served) (key, project string) {
	if s.Past {
		return "key_notebook", "proj_research"
	}
	return "key_gateways", "proj_production"
}

// guarded wants the organisation's key and a modest rate.
func (b *bills) guarded(path string, refuse func(w http.ResponseWriter, status int, wait int), next http.HandlerFunc) {
	b.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		switch got := bearer(r, "x-api-key"); {
		case got != "" && got == b.o.Admins[b.p.Spec.Name]:
		case got == b.o.Key:
			refuse(w, http.StatusForbidden, 0)
			return
		default:
			refuse(w, http.StatusUnauthorized, 0)
			return
		}
		if wait := b.admit(); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(wait))
			refuse(w, http.StatusTooManyRequests, wait)
			return
		}
		next(w, r)
	})
}
