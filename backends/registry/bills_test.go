package registry

import (
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/anthropiccosts"
	"pitwall/backends/litellmcosts"
	"pitwall/backends/openaicosts"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// The demo's bills are read by the connectors of real ones, to the cent.
func TestThePlayedBillsAreRead(t *testing.T) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock, Bills: true, Demand: .05})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []fleet.SourceSpec
	for _, s := range f.Inventory().Sources {
		if s.Subject.About == fleet.AboutBill {
			list = append(list, s)
		}
	}
	set := Set{openaicosts.Connector(), anthropiccosts.Connector(), litellmcosts.Connector()}
	readers, problems := set.Readers(list, fleet.Deps{Clock: clock, Secret: f.Secret})
	if len(problems) != 0 || len(readers) != 3 {
		t.Fatalf("%v, %d readers", problems, len(readers))
	}
	day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for id, r := range readers {
		p, err := r.Read(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		for _, n := range p.Notices {
			t.Errorf("%s notes %s", id, n.Text)
		}
		cost, tokens, models := decimal.Zero, decimal.Zero, map[fleet.ModelName]bool{}
		for i := range p.Bill.Lines {
			l := &p.Bill.Lines[i]
			if !l.Span.From.Before(day.AddDate(0, 0, 1)) || l.Span.From.Before(day) {
				continue
			}
			models[l.Model] = true
			if l.Stream != fleet.StreamReported {
				cost = cost.Add(l.Cost.V.Amount())
			}
			if l.Use.IsTokens() {
				tokens = tokens.Add(l.Quantity.V)
			}
		}
		if !cost.IsPositive() || !tokens.IsPositive() || models[""] {
			t.Errorf("%s: of the day before yesterday $%s and %s tokens of %v", id, cost, tokens, models)
		}
	}
}

// Several consoles ask one gateway at once, and none of them is told what another one's answer wrote over. It is the race
// detector that sees it.
func TestPlayedSpendIsToldToSeveralAtOnce(t *testing.T) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock, Bills: true, Demand: .05})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := clock.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for _, s := range f.Inventory().Sources {
		for range 4 {
			if s.Kind != "litellm-costs" {
				break
			}
			r, err := litellmcosts.Connector().NewReader(s, fleet.Deps{Clock: clock, Secret: f.Secret})
			if err != nil {
				t.Fatal(err)
			}
			wait.Go(func() {
				if p, err := r.Read(t.Context()); err != nil || len(p.Bill.Lines) == 0 {
					t.Errorf("%+v, %v", p.Bill, err)
				}
			})
		}
	}
	wait.Wait()
}
