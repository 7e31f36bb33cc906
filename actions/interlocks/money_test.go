package interlocks

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// The budget day has 9.88 h left; the plan adds what its two burns differ by.
func TestBudgetCap(t *testing.T) {
	money := func(v int64) fleet.Maybe[fleet.Money] {
		return fleet.Some(fleet.NewMoney(decimal.NewFromInt(v), fleet.USD))
	}
	adds := func(more fleet.USDPerHour, forecast int64) func(w *world) {
		return func(w *world) {
			w.plan(t)
			w.p.BurnNow, w.p.BurnThen = fleet.Some(fleet.USDPerHour(100)), fleet.Some(100+more)
			w.s.Spend.Forecast = money(forecast)
		}
	}
	month := func(v int64) func(w *world) {
		return func(w *world) {
			adds(10, 500)(w)
			w.s.Spend.Budget = fleet.Budget{PerMonth: money(v)}
		}
	}
	judgeAll(t, "IL-12", []verdictCase{
		{"adds nothing", nil, ok, "adds no spend", ""},
		{"over budget and adds nothing", adds(0, 9999), ok, "adds no spend", ""},
		{"free", adds(5, 500), ok, "0.55 = (est. $500 + $49)/$1,000 by the end of the budget day", ""},
		{"over 0.6", adds(5, 560), warn, "> 0.6", ""},
		{"over 0.8", adds(5, 760), ovr, "> 0.8", ""},
		{"over 1", adds(5, 960), block, "> 1", ""},
		{"unwatched hours count", func(w *world) {
			adds(5,
				500)(w)
			w.s.Spend.TodayFrom = now.Truncate(24 * time.Hour).Add(4 * time.Hour)
		},
			ovr, "est. $900", ""},
		{"other zone", func(w *world) { adds(5, 500)(w); w.s.Spend.Budget.Zone = "Asia/Tokyo" }, ok, "+ $4)", ""},
		{"bad zone is UTC", func(w *world) { adds(5, 500)(w); w.s.Spend.Budget.Zone = "Nowhere" }, ok, "+ $49)", ""},
		{"no budget", func(w *world) { adds(5, 500)(w); w.s.Spend.Budget = fleet.Budget{} }, ok, "no budget is declared", ""},
		{"forecast unknown", func(w *world) { adds(5, 500)(w); w.s.Spend.Forecast = fleet.None[fleet.Money]() }, ovr,
			"unknown", "missing"},
		{"cost unknown", func(w *world) { w.s.Totals.Burn = fleet.None[fleet.USDPerHour]() }, ovr, "unknown", "missing"},
		{"month", month(200_000), ok, "0.40 = est. $110/h x 720 h/$200,000 a month", ""},
		{"month over", month(79_000), block, "> 1", ""},
		{"month unknown", func(w *world) { month(79_000)(w); w.s.Spend.Burn = fleet.None[fleet.USDPerHour]() }, ovr,
			"burn is unknown", "missing"},
		{"day and month", func(w *world) { adds(5, 960)(w); w.s.Spend.Budget.PerMonth = money(1e9) }, block, "budget day",
			""},
	})
	if c := budgetCap(good().plan(t), nil, good().b, now); c.Severity != ovr || !c.Missing {
		t.Errorf("without a snapshot: %s %s", c.Severity, c.Formula)
	}
}

func TestUnitPrice(t *testing.T) {
	price := func(v fleet.USDPerMTok) func(w *world) {
		return func(w *world) {
			w.toAPI()
			w.in.Weights = fleet.Weights{"a": 0, "b": 0, "api": 100}
			w.target("api").Price = fleet.Some(v)
			w.target("a").Price, w.target("b").Price = fleet.Some(fleet.USDPerMTok(1)), fleet.Some(fleet.USDPerMTok(1))
		}
	}
	judgeAll(t, "IL-13", []verdictCase{
		{"same", nil, ok, "1.00 = est. $1.00 / $1.00 per 1M tokens", ""},
		{"over 2x", price(3), warn, "2.50 = est. $3.00 / $1.20 per 1M tokens", ""},
		{"over 5x", price(20), ovr, "prices of 2026-11-21", ""},
		{"cheaper", price(0.5), ok, "$/h", ""},
		{"unpriced", func(w *world) { w.target("b").Price = fleet.None[fleet.USDPerMTok]() }, warn, "no price", "missing"},
		{"free before", func(w *world) {
			for i := range w.route().Targets {
				w.route().Targets[i].Price = fleet.Some(fleet.USDPerMTok(0))
			}
		}, warn, "no price", "missing"},
		{"prices undated", func(w *world) { w.s.Spend.PricesAsOf = time.Time{} }, ok, "of an unknown day", ""},
		{"no route", func(w *world) { w.plan(t); w.s.Routes = nil }, warn, "not in the fleet", "missing"},
	})
}

func TestStaleTelemetry(t *testing.T) {
	age := func(d time.Duration) func(w *world) {
		return func(w *world) { w.pool("b").Load.At = ago(d) }
	}
	giver := func(d time.Duration) func(w *world) {
		return func(w *world) { w.pool("a").Load.At = ago(d) }
	}
	judgeAll(t, "IL-23", []verdictCase{
		{"fresh", nil, ok, "oldest input route counters 5s <= 30s", ""},
		{"at 30 s", age(30 * time.Second), ok, "oldest input b 30s", ""},
		{"over 30 s", age(31 * time.Second), warn, "b 31s > 30s", ""},
		{"over 60 s", age(61 * time.Second), ovr, "> 60s", ""},
		{"over 120 s", age(121 * time.Second), block, "b 2m > 120s", ""},
		{"three intervals", func(w *world) {
			w.s.Sources[1].Interval = 5 * time.Second
			age(16 * time.Second)(w)
		}, warn, "b 16s > 3 intervals of 5s", ""},
		{"interval unknown", func(w *world) { w.s.Sources = nil }, warn, "how often it is read is unknown", "missing"},
		{"never read", func(w *world) { w.pool("b").Load.At = time.Time{} }, block, "b was never read", "missing"},
		{"frozen under load", func(w *world) { w.pool("b").Progress.Stalled = 70 * time.Second }, ovr,
			"b 70s without a change under load", ""},
		{"frozen or not is unknown", func(w *world) { w.pool("b").Progress = fleet.Progress{} }, block, "still move",
			"missing"},
		{"frozen long", func(w *world) { w.pool("b").Progress.Stalled = 3 * time.Minute }, block, "without a change", ""},
		{"away from one that nobody can read", giver(time.Hour), ovr, "a 60m > 60s", ""},
		{"away from one that was never read", func(w *world) { w.pool("a").Load.At = time.Time{} }, ovr, "a was never read",
			"missing"},
		{"away from a frozen one", func(w *world) { w.pool("a").Progress.Stalled = time.Hour }, ok, "", ""},
		{"route counters", func(w *world) { w.route().Load.At = ago(5 * time.Minute) }, block, "route counters 5m", ""},
		{"rented by the gateway's counters", func(w *world) { w.toAPI(); w.target("api").Load.At = ago(40 * time.Second) },
			warn, "api 40s", ""},
		{"pool unread", func(w *world) { w.plan(t); w.s.Pools = w.s.Pools[:1] }, block, "b was never read", "missing"},
		{"receiver gone", func(w *world) { w.plan(t); w.route().Targets = w.route().Targets[:1] }, block, "b was never read",
			"missing"},
		{"no route", func(w *world) { w.plan(t); w.s.Routes = nil }, block, "not in the fleet", "missing"},
	})
}

// What earlier steps bought is in the burn that is measured: a later step counts only what is still to come.
func TestALaterStepCountsTheSpendThatIsLeft(t *testing.T) {
	w := good()
	w.in.Weights = fleet.Weights{"a": 40, "api": 30}
	p := w.plan(t)
	if len(p.Steps) != 2 || !p.BurnNow.OK || p.BurnThen.V <= p.BurnNow.V {
		t.Fatalf("%d steps, burn %v -> %v", len(p.Steps), p.BurnNow, p.BurnThen)
	}
	r := w.route()
	for i := range r.Targets { // the first step is done and measured
		id := r.Targets[i].Spec.ID
		r.Targets[i].Set = fleet.Some(p.Steps[0].After[id])
		r.Targets[i].Load.Requests = fleet.Some(fleet.Rate(p.Steps[0].After.Share(id).V) * 10)
	}
	now, then := burnLeft(&p, &p.Steps[1], r, w.s)
	whole, left := p.BurnThen.V-p.BurnNow.V, then.V-now.V
	if !now.OK || !then.OK || left <= 0 || left > whole*0.55 {
		t.Errorf("the second of two steps counts $%v/h of the plan's $%v/h", left, whole)
	}
	r.Load.Requests = fleet.None[fleet.Rate]()
	if now, then := burnLeft(&p, &p.Steps[1], r, w.s); now != p.BurnNow || then != p.BurnThen {
		t.Errorf("nothing is known now, and it counts %v -> %v", now, then)
	}
}
