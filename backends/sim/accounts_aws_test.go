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
	f, fleetClock := accountAt(t, noon, claudeOnAWS)
	r, clock, h := aged(t, f, noon, awsapi.System, claudeOnAWS, awscosts.Connector(), "usd_per_day", "0.08")
	readBill(t, r)
	paid := h.(*awsapi.Server).Spent()
	for range 30 {
		move(t, clock, 20*time.Minute)
		_, _ = r.Read(t.Context())
	}
	if spent := h.(*awsapi.Server).Spent(); !spent.GreaterThan(paid) || spent.GreaterThan(decimal.RequireFromString("0.08")) {
		t.Errorf("$%s are spent in a day, of them $%s first", spent, paid)
	}
	throttled(t, f, fleetClock, awscosts.Connector(), 4)
}

// CloudWatch counts what was served but for the last minutes, over its pages.
func TestBedrockIsCounted(t *testing.T) {
	f, clock := accountAt(t, noon, claudeOnAWS)
	p := readBill(t, reads(t, f, clock, bedrockusage.Connector()))
	counts(t, f, providerAnthropic, p)
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
	refusedKey(t, f, clock, "AKIANOBODYNOBODY0000:wrong", "does not know this access key id",
		awscosts.Connector(), bedrockusage.Connector(), ec2.Connector())
}

// An account's bill stands in the place of the provider's own: nobody pays twice.
func TestAccountsPayInPlaceOfProviders(t *testing.T) {
	f, err := Listen(t.Context(), Options{Clock: fleet.NewVirtualClock(noon), Demand: .001, Bills: true, Accounts: []Account{{System: "aws", Provider: providerAnthropic}}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var ids []string
	for _, s := range f.Inventory().Sources {
		if s.Subject.About == fleet.AboutBill {
			ids = append(ids, string(s.ID))
		}
	}
	if got := strings.Join(ids, " "); got != "bill-openai bill-gateway aws-costs aws-usage" || len(f.AccountSecrets()) != 1 {
		t.Errorf("%s, %v", got, f.AccountSecrets())
	}
	if _, err := Listen(t.Context(), Options{Clock: fleet.NewVirtualClock(noon), Accounts: []Account{{System: "ibm"}}}); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("%v", err)
	}
}
