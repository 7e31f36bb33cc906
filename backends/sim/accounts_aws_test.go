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
	f, _ := accountAt(t, noon, claudeOnAWS)
	p, h := ages(t, f, awsapi.System, claudeOnAWS, awscosts.Connector())
	for i := range p.Bill.Lines {
		if l := &p.Bill.Lines[i]; l.Model != "Claude Sonnet 4.5" || l.Use == fleet.UseUnknown || !l.Cost.OK {
			t.Fatalf("a line %+v", l)
		}
	}
	if spent := h.(*awsapi.Server).Spent(); p.Bill.Calls < 3 || spent.LessThan(decimal.New(int64(p.Bill.Calls), -2)) {
		t.Errorf("%d pages for $%s", p.Bill.Calls, spent)
	}
	native, _ := ages(t, f, awsapi.System, Account{Provider: providerOpenAI}, awscosts.Connector())
	if l := native.Bill.Lines[0]; l.Model != "gpt 4o" || !l.Quantity.OK {
		t.Errorf("a line of AWS's own bill %+v", l)
	}
}

// What is asked costs money up to the day's cap, and a throttle is survived.
func TestAWSCapAndThrottle(t *testing.T) {
	f, _ := accountAt(t, noon, claudeOnAWS)
	r, clock, h := aged(t, f, noon, awsapi.System, claudeOnAWS, awscosts.Connector())
	readBill(t, r)
	paid := h.(*awsapi.Server).Spent()
	for range 30 {
		move(t, clock, 20*time.Minute)
		_, _ = r.Read(t.Context())
	}
	if spent := h.(*awsapi.Server).Spent(); !spent.GreaterThan(paid) || spent.GreaterThan(decimal.RequireFromString("0.50")) {
		t.Errorf("$%s are spent in a day, of them $%s first", spent, paid)
	}
	one := awsServer(f)
	list, deps := f.Inventory().Sources, fleet.Deps{Clock: f.options.Clock, Secret: f.Secret}
	var err error
	for range 4 {
		if _, err = readerOf(t, list, deps, awscosts.Connector()).Read(t.Context()); err != nil {
			break
		}
	}
	if fleet.KindOf(err) != fleet.KindRateLimited || !one.Spent().IsPositive() {
		t.Fatalf("after a dozen calls at once: %v", err)
	}
	move(t, f.options.Clock.(*fleet.VirtualClock), 10*time.Second)
	if _, err := readerOf(t, list, deps, awscosts.Connector()).Read(t.Context()); err != nil {
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
