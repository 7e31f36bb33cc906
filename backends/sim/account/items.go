package account

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// Kind is one of the buckets that tokens are charged by, or the count of requests, which cost nothing by themselves.
type Kind int

// The kinds.
const (
	Input Kind = iota
	CacheRead
	CacheWrite
	Output
	Requests
	kinds
)

// Item is what one model used of one kind, and what that costs at the provider's list.
type Item struct {
	At          time.Time // begin of the day, hour or minute
	Model, Tier string
	Kind        Kind
	N           int64
	Cost        decimal.Decimal
}

// Items sums what the provider served, by spans of one width; known tells which rows the account knows of by now.
func (t Truth) Items(from, to time.Time, width time.Duration, known func(at time.Time) bool) []Item {
	if t.Ledger == nil {
		return nil
	}
	sums := map[Item]Item{}
	for _, row := range t.Ledger.Served(from, to) {
		if !known(row.At) {
			continue
		}
		for kind := range kinds {
			n := countOf(row, kind)
			if n == 0 {
				continue
			}
			key := Item{At: row.At.UTC().Truncate(width), Model: row.Model, Tier: row.Tier, Kind: kind}
			sum, ok := sums[key]
			if !ok {
				sum = key
			}
			sum.N += n
			sum.Cost = sum.Cost.Add(t.Ledger.Charge(only(row, kind)))
			sums[key] = sum
		}
	}
	var list []Item
	for _, sum := range sums {
		list = append(list, sum)
	}
	slices.SortFunc(list, func(a, b Item) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Model, b.Model), strings.Compare(a.Tier, b.Tier), cmp.Compare(a.Kind, b.Kind))
	})
	return list
}

func countOf(row world.Served, kind Kind) int64 {
	return [kinds]int64{row.Input, row.CacheRead, row.CacheWrite, row.Output, row.Requests}[kind]
}

// only is the row with one kind of its tokens.
func only(row world.Served, kind Kind) world.Served {
	n := countOf(row, kind)
	row.Tokens = world.Tokens{}
	switch kind {
	case Input:
		row.Input = n
	case CacheRead:
		row.CacheRead = n
	case CacheWrite:
		row.CacheWrite = n
	case Output:
		row.Output = n
	case Requests, kinds:
	}
	return row
}

// Late is a bill that is taken over at times and is late by then, with the last hour of each day later still: that is how a day
// is revised when it looked whole.
func Late(now time.Time, every, lag, revised time.Duration) func(at time.Time) bool {
	seen := now.UTC().Truncate(every).Add(-lag)
	return func(at time.Time) bool {
		end := at.Add(time.Minute)
		if at.UTC().Hour() == 23 {
			end = end.Add(revised - lag)
		}
		return !end.After(seen)
	}
}

// Limit is how often an account may be asked: some calls at once, and a rate in the long run.
type Limit struct {
	Clock     fleet.Clock
	Burst     float64
	PerSecond float64

	mu    sync.Mutex
	last  time.Time
	spare float64
}

// May counts a call of some weight against the limit, or tells how long it lasts until there is room for it.
func (l *Limit) May(weight float64) (ok bool, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Clock.Now()
	if l.last.IsZero() {
		l.spare = l.Burst
	} else {
		l.spare = min(l.Burst, l.spare+now.Sub(l.last).Seconds()*l.PerSecond)
	}
	l.last = now
	if l.spare < weight {
		return false, time.Duration((weight-l.spare)/l.PerSecond*float64(time.Second)).Truncate(time.Second) + time.Second
	}
	l.spare -= weight
	return true, 0
}

// Left is how much room there is.
func (l *Limit) Left() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.spare
}
