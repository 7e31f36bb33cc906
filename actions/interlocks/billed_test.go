package interlocks

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

func dollars(v int64) fleet.Maybe[fleet.Money] {
	return fleet.Some(fleet.NewMoney(decimal.NewFromInt(v), fleet.USD))
}

// The budget goes by what bills taught about the meter, by what earlier runs counted, and says what it may be more.
func TestBudgetCapGoesByTheBills(t *testing.T) {
	adds := func(more fleet.USDPerHour) func(w *world) {
		return func(w *world) {
			w.plan(t)
			w.p.BurnNow, w.p.BurnThen = fleet.Some(fleet.USDPerHour(100)), fleet.Some(100+more)
			w.s.Spend.Forecast = dollars(500)
			w.s.Spend.Burn, w.s.Spend.Metered = fleet.Some(fleet.USDPerHour(30)), fleet.Some(fleet.USDPerHour(20))
		}
	}
	calibrated := func(w *world) {
		adds(5)(w)
		w.s.Spend.Calibrated = fleet.Calibrated{Burn: fleet.Some(fleet.USDPerHour(40)), High: fleet.Some(fleet.USDPerHour(50)), Rho: fleet.Some(2.0)}
	}
	kept := func(limit int64, hard bool) func(w *world) {
		return func(w *world) {
			w.toAPI()
			w.plan(t)
			w.p.BurnNow, w.p.BurnThen = fleet.Some(fleet.USDPerHour(100)), fleet.Some(fleet.USDPerHour(110))
			w.s.Spend.Budget = fleet.Budget{}
			for i := range w.p.Effects {
				if e := &w.p.Effects[i]; e.Target == "api" {
					e.BurnNow, e.BurnThen = fleet.Some(fleet.USDPerHour(0)), fleet.Some(fleet.USDPerHour(10))
				}
			}
			w.s.Spend.Ends = []fleet.BudgetEnd{{Of: fleet.Text("openai: organization"), Provider: w.target("api").Spec.Provider, Limit: dollars(limit), Spent: dollars(100),
				Rate: fleet.Some(fleet.USDPerHour(5)), Reset: fleet.Some(now.Add(20 * time.Hour)), Hard: hard, Told: now}}
		}
	}
	judgeAll(t, "IL-12", []verdictCase{
		{"calibrated", calibrated, warn, "(est. $698 + $49)/$1,000 by the end of the budget day, up to $99 more by the bills", ""},
		{"earlier runs", func(w *world) {
			adds(5)(w)
			w.s.Spend.Today, w.s.Spend.TodayFrom = dollars(10), now.Add(-time.Minute)
			w.s.Spend.Day = fleet.PeriodSpend{Span: fleet.Day(now), Best: dollars(400)}
		}, ovr, "(est. $890 + $49)/$1,000", ""},
		{"month by its forecast", func(w *world) {
			adds(5)(w)
			w.s.Spend.Budget = fleet.Budget{PerMonth: dollars(20000)}
			w.s.Spend.MonthEnd = fleet.Forecast{Until: now.Add(200 * time.Hour), Total: dollars(15000), High: dollars(16000), RestBy: fleet.Text("the present rate")}
		}, warn, "(est. $15,000 + $1,000)/$20,000 by the end of the month, by the present rate, up to $1,000 more", ""},
		{"a forecast that lacks days", func(w *world) {
			adds(5)(w)
			w.s.Spend.Budget = fleet.Budget{PerMonth: dollars(200000)}
			w.s.Spend.MonthEnd = fleet.Forecast{Until: now, Total: dollars(1), Why: fleet.Text("nothing is on file of 9 days")}
		}, ok, "h x 720 h/$200,000", ""},
		{"a provider's limit holds", kept(1000, true), ok, "0.40 = limit of openai: organization: ($100 + est. $15/h x 20 h)/$1,000", ""},
		{"a provider's hard limit ends", kept(390, true), block, "> 1", ""},
		{"a provider's alert ends", kept(390, false), ovr, "> 1", ""},
	})
}

func TestUnitPriceGoesByTheBills(t *testing.T) {
	w := good()
	w.toAPI()
	w.in.Weights = fleet.Weights{"a": 0, "b": 0, "api": 100}
	w.target("api").Price = fleet.Some(fleet.USDPerMTok(2))
	w.target("api").Bills = fleet.Factor{Rho: fleet.Some(1.5), Low: 1.25, High: 1.5}
	w.target("a").Price, w.target("b").Price = fleet.Some(fleet.USDPerMTok(1)), fleet.Some(fleet.USDPerMTok(1))
	c := unitPrice(w.plan(t), w.s, w.b, now)
	if got := c.Formula.String(); !strings.HasPrefix(got, "2.50 = est. $3.00 / $1.20 per 1M tokens (2.50 to 3.00 by the bills)") || c.Severity != warn {
		t.Errorf("%s %s", c.Severity, got)
	}
}
