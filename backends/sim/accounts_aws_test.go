package sim

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/awscosts"
	"pitwall/backends/bedrockusage"
	"pitwall/backends/ec2"
	"pitwall/backends/sim/awsapi"
	"pitwall/fleet"
)

var claudeOnAWS = Account{System: "aws", Provider: providerAnthropic, Pool: poolCode}

func awsServer(f *Fleet) *awsapi.Server { return f.accounts[0].server.Handler.(*awsapi.Server) }

// A day is less on the bill than it was while it is young, looks whole before its last hour is there, and is right to the cent
// three days later. Each page is paid.
func TestAWSBillsLateAndThenRight(t *testing.T) {
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	f, clock := accountAt(t, day.AddDate(0, 0, 1), claudeOnAWS)
	r := reads(t, f, clock, awscosts.Connector())
	truth := charged(f, providerAnthropic, day, day.AddDate(0, 0, 1))
	p := readBill(t, r)
	young := billedOn(p, day)
	if !young.IsPositive() || !young.LessThan(truth.Mul(decimal.RequireFromString("0.9"))) {
		t.Errorf("at midnight $%s of $%s are on the bill", young, truth)
	}
	if old := day.AddDate(0, 0, -4); !sameMoney(billedOn(p, old), charged(f, providerAnthropic, old, old.AddDate(0, 0, 1))) {
		t.Errorf("four days old: $%s, true $%s", billedOn(p, old), charged(f, providerAnthropic, old, old.AddDate(0, 0, 1)))
	}
	for i := range p.Bill.Lines {
		if l := &p.Bill.Lines[i]; l.Model != "Claude Sonnet 4.5" || l.Use == fleet.UseUnknown || !l.Cost.OK {
			t.Fatalf("a line %+v", l)
		}
	}
	if spent := awsServer(f).Spent(); p.Bill.Calls < 3 || !spent.Equal(decimal.New(int64(p.Bill.Calls), -2)) {
		t.Errorf("%d pages for $%s", p.Bill.Calls, spent)
	}
	move(t, clock, 20*time.Hour)
	if later := billedOn(readBill(t, r), day); !later.GreaterThan(young) || !later.LessThan(truth) {
		t.Errorf("a day later $%s of $%s", later, truth)
	}
	move(t, clock, 46*time.Hour)
	if last := billedOn(readBill(t, r), day); !sameMoney(last, truth) {
		t.Errorf("after its revision $%s of $%s", last, truth)
	}
}

// What is asked costs money up to the day's cap, and a throttle is survived.
func TestAWSCapAndThrottle(t *testing.T) {
	f, clock := accountAt(t, noon, claudeOnAWS)
	r := reads(t, f, clock, awscosts.Connector(), "usd_per_day", "0.06")
	readBill(t, r)
	for range 4 {
		move(t, clock, 2*time.Hour)
		_, _ = r.Read(t.Context())
	}
	if spent := awsServer(f).Spent(); spent.GreaterThan(decimal.RequireFromString("0.06")) {
		t.Errorf("$%s are spent in a day", spent)
	}
	fresh := func() (fleet.Partial, error) { return reads(t, f, clock, awscosts.Connector()).Read(t.Context()) }
	var err error
	for range 4 {
		if _, err = fresh(); err != nil {
			break
		}
	}
	if fleet.KindOf(err) != fleet.KindRateLimited {
		t.Fatalf("after a dozen calls at once: %v", err)
	}
	move(t, clock, 10*time.Second)
	if _, err := fresh(); err != nil {
		t.Errorf("ten seconds later: %v", err)
	}
}

// CloudWatch counts what was served but for the last minutes, over its pages.
func TestBedrockIsCounted(t *testing.T) {
	f, clock := accountAt(t, noon, claudeOnAWS)
	p := readBill(t, reads(t, f, clock, bedrockusage.Connector()))
	tokens, requests := decimal.Zero, decimal.Zero
	from, to := noon.Add(-26*time.Hour), noon.Add(-2*time.Hour)
	for i := range p.Bill.Lines {
		l := &p.Bill.Lines[i]
		switch inside := !l.Span.From.Before(from) && !l.Span.To.After(to); {
		case inside && l.Use.IsTokens():
			tokens = tokens.Add(l.Quantity.V)
		case inside && l.Use == fleet.UseRequests:
			requests = requests.Add(l.Quantity.V)
		}
	}
	wantTokens, wantRequests := servedTokens(f, providerAnthropic, from, to)
	if !tokens.Equal(decimal.NewFromInt(wantTokens)) || !requests.Equal(decimal.NewFromInt(wantRequests)) || wantTokens == 0 {
		t.Errorf("%s tokens of %d, %s requests of %d", tokens, wantTokens, requests, wantRequests)
	}
	if spent := awsServer(f).Spent(); !spent.Equal(p.Bill.CallPrice.V.Amount().Mul(decimal.NewFromInt(int64(p.Bill.Calls)))) {
		t.Errorf("CloudWatch counts $%s, the reader %d of %s", spent, p.Bill.Calls, p.Bill.CallPrice.V.Small())
	}
}

// The machines of the account are those of the pool, and a wrong key is told in AWS's words.
func TestAWSMachinesAndWrongKeys(t *testing.T) {
	f, clock := accountAt(t, noon, claudeOnAWS)
	p := readBill(t, reads(t, f, clock, ec2.Connector()))
	if c := p.Compute; len(c.Machines) != len(f.machinesOf(poolCode)) || len(c.Machines) == 0 || len(p.Notices) > 0 ||
		c.Machines[0].State != fleet.MachineRunning || c.Machines[0].GPUs.V != 8 || !c.Machines[0].Price.OK {
		t.Fatalf("%+v, %+v", p.Compute, p.Notices)
	}
	for _, c := range []fleet.Connector{awscosts.Connector(), bedrockusage.Connector(), ec2.Connector()} {
		for _, s := range f.Inventory().Sources {
			if s.Kind != c.Kind {
				continue
			}
			r, err := c.NewReader(s, fleet.Deps{Clock: clock, Secret: wrongSecret("AKIANOBODYNOBODY0000:wrong")})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "does not know this access key id") {
				t.Errorf("%s: %v", c.Kind, err)
			}
		}
	}
}
