package sim

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// accountAt is a fleet with an account, from a moment on.
func accountAt(t *testing.T, at time.Time, a Account) (*Fleet, *fleet.VirtualClock) {
	t.Helper()
	clock := fleet.NewVirtualClock(at)
	f, err := Listen(t.Context(), Options{Clock: clock, Demand: .001, Accounts: []Account{a}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, clock
}

// reads is the reader of the source of one kind.
func reads(t *testing.T, f *Fleet, clock fleet.Clock, c fleet.Connector, options ...string) fleet.Reader {
	t.Helper()
	for _, s := range f.Inventory().Sources {
		if s.Kind != c.Kind {
			continue
		}
		for i := 0; i < len(options); i += 2 {
			s.Options[options[i]] = options[i+1]
		}
		r, err := c.NewReader(s, fleet.Deps{Clock: clock, Secret: f.Secret})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Fatalf("no source is of kind %s", c.Kind)
	return nil
}

// charged is what a provider truly charged in a time.
func charged(f *Fleet, provider fleet.ProviderID, from, to time.Time) decimal.Decimal {
	l := &ledger{f: f, p: f.providerNamed(string(provider)), past: f.billing()}
	sum := decimal.Zero
	for _, row := range l.Served(from, to) {
		sum = sum.Add(l.Charge(row))
	}
	return sum
}

// servedTokens is how many tokens it served, and requests.
func servedTokens(f *Fleet, provider fleet.ProviderID, from, to time.Time) (tokens, requests int64) {
	l := &ledger{f: f, p: f.providerNamed(string(provider)), past: f.billing()}
	for _, row := range l.Served(from, to) {
		tokens, requests = tokens+row.Prompt()+row.Output, requests+row.Requests
	}
	return tokens, requests
}

// billedOn sums what a bill says of one day, of use in dollars.
func billedOn(p fleet.Partial, day time.Time) decimal.Decimal {
	sum := decimal.Zero
	for i := range p.Bill.Lines {
		if l := &p.Bill.Lines[i]; fleet.Day(l.Span.From).From.Equal(day) && l.IsUsage() {
			sum = sum.Add(l.Cost.V.Amount())
		}
	}
	return sum
}

// sameMoney tells whether two sums differ by no more than a cent's hundredth.
func sameMoney(a, b decimal.Decimal) bool { return a.Sub(b).Abs().LessThan(decimal.New(1, -4)) }

func move(t *testing.T, clock *fleet.VirtualClock, d time.Duration) {
	t.Helper()
	if err := clock.Advance(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func readBill(t *testing.T, r fleet.Reader) fleet.Partial {
	t.Helper()
	p, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wrongSecret resolves every name to one text.
func wrongSecret(text string) func(context.Context, fleet.SecretRef) (fleet.Secret, error) {
	return func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(text), nil }
}
