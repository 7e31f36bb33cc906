package backends

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/books"
	"pitwall/fleet"
)

// ledgerClock is a clock that a test moves.
type ledgerClock struct{ at atomic.Int64 }

func (c *ledgerClock) set(t time.Time)  { c.at.Store(t.UnixNano()) }
func (c *ledgerClock) Now() time.Time   { return time.Unix(0, c.at.Load()).UTC() }
func (c *ledgerClock) Task() fleet.Task { return fleet.SystemClock{}.Task() }

// counting is a world with books of which a test moves the counters, enters the books and takes a snapshot.
type counting struct {
	h     *Hub
	w     *world
	clock *ledgerClock
	read  func(at time.Time, in, out float64) *fleet.Snapshot
}

func counter0(t *testing.T, dir string, budget fleet.Budget) *counting {
	t.Helper()
	c := &counting{clock: &ledgerClock{}}
	c.clock.set(start)
	store, err := books.Open(dir, c.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	inv := fleet.Inventory{Budget: budget,
		Providers: []fleet.ProviderSpec{{ID: "api", Kind: "openai"}},
		Pools:     []fleet.PoolSpec{{ID: "own", Replicas: []fleet.ReplicaSpec{{ID: "r"}}, GPUsPerReplica: 2, GPUHour: fleet.Some(fleet.USDPerHour(3))}},
		Gateways:  []fleet.GatewaySpec{{ID: "g", Replicas: []fleet.GatewayReplicaSpec{{ID: "gw1"}}}},
		Routes:    []fleet.RouteSpec{{ID: "chat", Gateway: "g", Targets: []fleet.TargetSpec{{ID: "rented", Provider: "api", Model: "big"}}}},
		Sources: []fleet.SourceSpec{{ID: "gw1", Subject: fleet.Subject{Gateway: "g", GatewayReplica: "gw1"}},
			{ID: "bill", Kind: "openai-costs", Interval: time.Hour, Timeout: time.Minute, Subject: fleet.Subject{Provider: "api", About: fleet.AboutBill}}}}
	c.h = New(Options{Inventory: inv, Clock: c.clock, Books: store, Prices: fixedPrices{fleet.Price{Input: money(t, "1"), Output: money(t, "2")}}})
	c.w = c.h.world
	c.read = func(at time.Time, in, out float64) *fleet.Snapshot {
		c.clock.set(at)
		s := c.w.states[0]
		s.status.LastGood = at
		p := deployments(fleet.DeploymentReading{ID: "rented", Weight: fleet.Some(1.0), InTokens: fleet.Some(in), OutTokens: fleet.Some(out)})
		p.At, s.last = at, p
		c.w.take(s, p)
		return c.w.snapshot(1, at)
	}
	return c
}

// enter does what the bookkeeper does each minute.
func (c *counting) enter() {
	c.h.enterBooks()
	c.w.kept = c.h.reconciled(&settled{})
}

// bill hands a reading of whole days over, the last of which begins at a day.
func (c *counting) bill(day time.Time, costs ...string) {
	r := &fleet.BillReading{Streams: []fleet.Stream{fleet.StreamBilled}, Watermark: day}
	for i, cost := range costs {
		d := fleet.Day(day.AddDate(0, 0, i+1-len(costs)))
		r.Covers = append(r.Covers, d)
		r.Lines = append(r.Lines, fleet.BillLine{Stream: fleet.StreamBilled, Span: d, Model: "big", Cost: fleet.Some(fleet.NewMoney(decimal.RequireFromString(cost), fleet.USD))})
	}
	s := c.w.states[1]
	s.status.LastGood, s.status.Reads = c.clock.Now(), 1
	c.w.take(s, fleet.Partial{At: c.clock.Now(), Bill: r})
}

func amountIs(t *testing.T, what string, got fleet.Maybe[fleet.Money], want string) {
	t.Helper()
	if !got.OK || !got.V.Amount().Equal(decimal.RequireFromString(want)) {
		t.Errorf("%s: %v, want %s", what, got.V.Amount(), want)
	}
}

// What was metered stands in the books by hour, over runs, beside own machines by their time.
func TestTheMeterIsKeptByTheHour(t *testing.T) {
	dir := t.TempDir()
	begin := time.Date(2026, 11, 24, 10, 30, 0, 0, time.UTC)
	c := counter0(t, dir, fleet.Budget{})
	for i := range 91 { // an hour and a half, up to 12:00
		c.read(begin.Add(time.Duration(i)*time.Minute), float64(i)*10000, float64(i)*5000)
	}
	c.enter()
	s := c.read(begin.Add(91*time.Minute), 91*10000, 91*5000)
	amountIs(t, "metered", s.Spend.Day.Metered, "1.8") // 90 x (10,000 x $1 + 5,000 x $2) / 1M
	amountIs(t, "own", s.Spend.Day.Capacity, "9")      // 1.5 h x 2 GPUs x $3
	amountIs(t, "both", s.Spend.Day.Best, "10.8")
	hours := s.Spend.Books.Hours
	amountIs(t, "10:30 to 11:00", hours[10].Metered, "0.6")
	amountIs(t, "11:00 to 12:00", hours[11].Metered, "1.2")
	if hours[9].Metered.OK || hours[13].Metered.OK {
		t.Error("an hour that nobody watched is known")
	}
	_ = c.h.opt.Books.Close()
	again := counter0(t, dir, fleet.Budget{})
	again.clock.set(begin.Add(2 * time.Hour))
	again.enter()
	amountIs(t, "after a restart", again.w.kept.day.Metered, "1.8")
	for _, row := range again.w.kept.rows {
		if row.By == fleet.SpendByRoute && row.Name == "chat" {
			amountIs(t, "route", row.Today, "1.8")
		}
	}
}

// Bills teach how far the meter is off: the burn is calibrated, budgets and forecasts go by it, and it is an alert.
func TestBillsCalibrateTheMeter(t *testing.T) {
	limit := func(v string) fleet.Maybe[fleet.Money] { return fleet.Some(money(t, v)) }
	c := counter0(t, "", fleet.Budget{PerDay: limit("100"), PerMonth: limit("100000")})
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	var in float64
	for m := range 24*60 + 2 { // a whole day at $1 an hour
		in = float64(m) * 1e6 / 60
		c.read(day.Add(time.Duration(m)*time.Minute), in, 0)
	}
	c.enter()
	later := day.AddDate(0, 0, 3)
	c.clock.set(later)
	c.bill(day, "30")
	c.enter()
	for i := range 120 {
		in += 1e6 / 360 // $1 an hour
		c.read(later.Add(time.Duration(i)*10*time.Second), in, 0)
	}
	s := c.read(later.Add(20*time.Minute), in+1e6/360, 0)
	b := s.Spend.Books
	if len(b.Factors) != 2 || b.Factors[1].Model != "big" || b.Factors[1].Rho.V < 1.249 || b.Factors[1].Rho.V > 1.251 || !b.Factors[1].Off {
		t.Fatalf("%+v", b.Factors)
	}
	if got := s.Spend.Calibrated; !got.Burn.OK || got.Burn.V < 1.24 || got.Burn.V > 1.26 || got.Rho.V < 1.249 || !got.Why.IsEmpty() {
		t.Errorf("%+v", got)
	}
	if f := s.Routes[0].Targets[0].Bills; !f.Rho.OK {
		t.Errorf("%+v", f)
	}
	var day0, month *fleet.BudgetEnd
	for i := range s.Spend.Ends {
		switch e := &s.Spend.Ends[i]; e.Of.String() {
		case "day":
			day0 = e
		case "month":
			month = e
		}
	}
	// own machines burn $6 an hour, what is rented 1.25: 100 are used up in about 13.8 hours
	if day0 == nil || !day0.At.OK || !day0.Binds || day0.At.V.Sub(later) < 13*time.Hour || day0.At.V.Sub(later) > 15*time.Hour {
		t.Errorf("%+v", day0)
	}
	if month == nil || !month.Holds.OK || !month.Holds.V {
		t.Errorf("%+v", month)
	}
	if f := s.Spend.MonthEnd; !f.Total.OK || f.RestBy.IsEmpty() || !strings.Contains(f.Why.String(), "on file") {
		t.Errorf("%+v", f)
	}
	books := map[string]string{}
	for _, a := range s.Alerts {
		books[a.Runbook.String()] = a.Text.String()
	}
	for name, want := range map[string]string{"bill-factor": "billed 1.25 x what was metered", "budget-end": "budget day ends 2026-11-23 13:"} {
		if !strings.HasPrefix(books[name], want) {
			t.Errorf("%s: %q in %v", name, books[name], books)
		}
	}
}

// A source of bills that another run read within its interval is not asked again, and counts as read then.
func TestABillThatWasJustReadIsNotAskedAgain(t *testing.T) {
	dir := t.TempDir()
	c := counter0(t, dir, fleet.Budget{})
	if wait := c.h.bookedUntil(c.w.states[1]); wait != 0 {
		t.Errorf("it was never read: %s", wait)
	}
	c.bill(start, "1")
	c.enter()
	_ = c.h.opt.Books.Close()
	again := counter0(t, dir, fleet.Budget{})
	again.clock.set(start.Add(20 * time.Minute))
	s := again.w.states[1]
	if wait := again.h.bookedUntil(s); wait != 34*time.Minute || !s.status.LastGood.Equal(start) {
		t.Errorf("%s, read %s", wait, s.status.LastGood)
	}
	s.asked = true
	if wait := again.h.bookedUntil(s); wait != 0 {
		t.Errorf("a person asks for what is free: %s", wait)
	}
	again.clock.set(start.Add(55 * time.Minute))
	if wait := again.h.bookedUntil(s); wait != 0 {
		t.Errorf("its interval is over: %s", wait)
	}
	if wait := again.h.bookedUntil(again.w.states[0]); wait != 0 {
		t.Errorf("a gateway waits: %s", wait)
	}
}

// A refused key is an alert of its own: nothing checks the meter then.
func TestARefusedBillIsSaid(t *testing.T) {
	c := counter0(t, "", fleet.Budget{})
	c.read(start, 0, 0)
	c.h.record(c.w.states[1], answer{err: &fleet.Error{Kind: fleet.KindAuth, Op: "read", Source: "bill"}}, 0, start)
	c.enter()
	s := c.read(start.Add(time.Second), 0, 0)
	for _, a := range s.Alerts {
		if a.Runbook.String() == "bill-refused" {
			return
		}
	}
	t.Errorf("%+v", s.Alerts)
}

func TestAnAverageFollowsAndIsNoFirstValue(t *testing.T) {
	ps := burnPaces{}
	var p fleet.Pace
	for i := range 61 {
		burn := fleet.USDPerHour(100)
		if i > 0 {
			burn = 10
		}
		p = ps.add("x", start.Add(time.Duration(i)*time.Second), fleet.Some(burn))
	}
	if p.Rate.V > 12 || p.Needle.V > 12 {
		t.Errorf("the first value stands: %+v", p)
	}
	if p = ps.add("x", start.Add(70*time.Second), fleet.None[fleet.USDPerHour]()); p.Rate.OK {
		t.Error("an unknown burn has an average")
	}
	for i := range 90 {
		p = ps.add("x", start.Add(15*time.Minute+time.Duration(i)*time.Second), fleet.Some(fleet.USDPerHour(50)))
	}
	if p.Needle.V < 35 || p.Rate.V > 20 {
		t.Errorf("needle %v, rate %v", p.Needle.V, p.Rate.V)
	}
}

// The bookkeeper of a running Hub enters bills as they come, and what it entered is in the next snapshot.
func TestTheHubKeepsBooks(t *testing.T) {
	c := counter0(t, "", fleet.Budget{})
	c.clock.set(start)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.h.Run(ctx) }()
	defer func() { cancel(); <-done }()
	var gen uint64
	handed := false
	for range 200 {
		s, err := c.h.Next(ctx, gen)
		if err != nil {
			t.Fatal(err)
		}
		gen = s.Gen
		if s.Spend.Books != nil && len(s.Spend.Books.Bills) == 1 && s.Spend.Books.Bills[0].Lines == 2 {
			return
		}
		if !handed {
			handed = true
			c.h.mu.Lock()
			c.bill(start, "1", "2")
			c.h.mu.Unlock()
		}
	}
	t.Error("the bill is in no snapshot")
}
