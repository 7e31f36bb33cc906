package sim

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
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
	return readerOf(t, f.Inventory().Sources, fleet.Deps{Clock: clock, Secret: f.Secret}, c, options...)
}

func readerOf(t *testing.T, list []fleet.SourceSpec, deps fleet.Deps, c fleet.Connector, options ...string) fleet.Reader {
	t.Helper()
	for _, s := range list {
		if s.Kind != c.Kind {
			continue
		}
		for i := 0; i < len(options); i += 2 {
			s.Options[options[i]] = options[i+1]
		}
		r, err := c.NewReader(s, deps)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Fatalf("no source is of kind %s", c.Kind)
	return nil
}

// aged is the account of a fleet that goes on without it: days of bills pass at once.
func aged(t *testing.T, f *Fleet, at time.Time, s account.System, a Account, c fleet.Connector,
	options ...string,
) (fleet.Reader, *fleet.VirtualClock, http.Handler) {
	t.Helper()
	clock := fleet.NewVirtualClock(at)
	h, err := s.New(account.Truth{Clock: clock, Key: key, Provider: string(a.Provider), Machines: f.machinesOf(string(a.Pool)),
		Ledger: &ledger{f: f, p: f.providerNamed(string(a.Provider)), past: f.billing()}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	list, _, err := s.Sources(account.Endpoint{URL: server.URL, Provider: a.Provider, Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return readerOf(t, list, fleet.Deps{Clock: clock, Secret: f.Secret}, c, options...), clock, h
}

// ages reads a bill of a day at three ages: when it has ended, a day later and after the last revision.
func ages(t *testing.T, f *Fleet, s account.System, a Account, c fleet.Connector) (last fleet.Partial, h http.Handler) {
	t.Helper()
	day := noon.Truncate(24*time.Hour).AddDate(0, 0, -1)
	truth := charged(f, a.Provider, day, day.AddDate(0, 0, 1))
	r, clock, h := aged(t, f, day.AddDate(0, 0, 1), s, a, c)
	p := readBill(t, r)
	young := billedOn(p, day)
	if !young.IsPositive() || !young.LessThan(truth.Mul(decimal.RequireFromString("0.9"))) {
		t.Errorf("at midnight $%s of $%s are on the bill", young, truth)
	}
	old := day.AddDate(0, 0, -4)
	if got, want := billedOn(p, old), charged(f, a.Provider, old, old.AddDate(0, 0, 1)); !sameMoney(got, want) {
		t.Errorf("four days old: $%s, true $%s", got, want)
	}
	move(t, clock, 36*time.Hour)
	if later := billedOn(readBill(t, r), day); !later.GreaterThan(young) || !later.LessThan(truth) || sameMoney(later, truth) {
		t.Errorf("looks whole: $%s of $%s", later, truth)
	}
	move(t, clock, 36*time.Hour)
	last = readBill(t, r)
	if got := billedOn(last, day); !sameMoney(got, truth) {
		t.Errorf("after its revision $%s of $%s", got, truth)
	}
	return p, h
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

// countedIn sums what a reading counts in a time: tokens and requests.
func countedIn(p fleet.Partial, from, to time.Time) (tokens, requests int64) {
	for i := range p.Bill.Lines {
		l := &p.Bill.Lines[i]
		switch inside := !l.Span.From.Before(from) && !l.Span.To.After(to); {
		case inside && l.Use.IsTokens():
			tokens += l.Quantity.V.IntPart()
		case inside && l.Use == fleet.UseRequests:
			requests += l.Quantity.V.IntPart()
		}
	}
	return tokens, requests
}

// counts holds a reading against what was served of a provider, in a day but for the last two hours.
func counts(t *testing.T, f *Fleet, provider fleet.ProviderID, p fleet.Partial) {
	t.Helper()
	from, to := noon.Add(-26*time.Hour), noon.Add(-2*time.Hour)
	tokens, requests := countedIn(p, from, to)
	if wantTokens, wantRequests := servedTokens(f, provider, from, to); tokens != wantTokens || requests != wantRequests || wantTokens == 0 {
		t.Errorf("%d tokens of %d, %d requests of %d", tokens, wantTokens, requests, wantRequests)
	}
}

// refusedKey reads with a wrong credential.
func refusedKey(t *testing.T, f *Fleet, clock fleet.Clock, credential, says string, list ...fleet.Connector) {
	t.Helper()
	for _, c := range list {
		r := readerOf(t, f.Inventory().Sources, fleet.Deps{Clock: clock, Secret: wrongSecret(credential)}, c)
		if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", c.Kind, err)
		}
	}
}

// throttled asks anew until it is refused, and finds that it is answered again a minute later.
func throttled(t *testing.T, f *Fleet, clock *fleet.VirtualClock, c fleet.Connector, most int) {
	t.Helper()
	var err error
	for range most {
		if _, err = reads(t, f, clock, c).Read(t.Context()); err != nil {
			break
		}
	}
	if fleet.KindOf(err) != fleet.KindRateLimited {
		t.Fatalf("after %d reads at once: %v", most, err)
	}
	move(t, clock, max(10*time.Second, fleet.RetryAfter(err)))
	if _, err := reads(t, f, clock, c).Read(t.Context()); err != nil {
		t.Errorf("a while later: %v", err)
	}
}
