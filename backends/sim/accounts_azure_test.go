package sim

import (
	"testing"
	"time"

	"pitwall/backends/azurecosts"
	"pitwall/backends/azureusage"
	"pitwall/backends/azurevms"
	"pitwall/backends/sim/azureapi"
	"pitwall/fleet"
)

var gptOnAzure = Account{System: "azure", Provider: providerOpenAI, Pool: poolB200}

// The bill of Azure is late, and right once it was revised; its rows fill more than one page.
func TestAzureBillsLateAndThenRight(t *testing.T) {
	f, clock := accountAt(t, noon, gptOnAzure)
	p, _ := ages(t, f, azureapi.System, gptOnAzure, azurecosts.Connector())
	if len(p.Bill.Lines) <= 50 {
		t.Errorf("%d lines fit on one page", len(p.Bill.Lines))
	}
	models := map[fleet.ModelName]bool{}
	for i := range p.Bill.Lines {
		l := &p.Bill.Lines[i]
		models[l.Model] = true
		if l.Use == fleet.UseUnknown || l.Cost.V.Currency() != fleet.USD {
			t.Fatalf("a line %+v", l)
		}
	}
	if len(models) != 1 || !models["gpt-4o"] {
		t.Errorf("models %v", models)
	}
	throttled(t, f, clock, azurecosts.Connector(), 8)
}

// Azure leaves out what is older than 31 days and does not say so: nothing older may count as read.
func TestAzureIsAskedForNoMoreThanItGives(t *testing.T) {
	f, _ := accountAt(t, noon, gptOnAzure)
	r, _, _ := aged(t, f, time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC), azureapi.System, gptOnAzure, azurecosts.Connector())
	p := readBill(t, r)
	if first := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC); len(p.Bill.Covers) == 0 || p.Bill.Covers[0].From.Before(first) {
		t.Errorf("covers %v", p.Bill.Covers)
	}
}

// Azure Monitor counts what was served but for the last minutes.
func TestAzureIsCounted(t *testing.T) {
	f, clock := accountAt(t, noon, gptOnAzure)
	counts(t, f, providerOpenAI, readBill(t, reads(t, f, clock, azureusage.Connector())))
}

func TestAzureMachinesAndWrongTokens(t *testing.T) {
	f, clock := accountAt(t, noon, gptOnAzure)
	p := readBill(t, reads(t, f, clock, azurevms.Connector()))
	if c := p.Compute; len(c.Machines) != len(f.machinesOf(poolB200)) || len(c.Machines) < 2 || len(p.Notices) > 0 ||
		c.Machines[0].State != fleet.MachineRunning || c.Machines[0].GPUs.V != 8 || c.Machines[0].Price.V.Amount().String() != "98.32" {
		t.Fatalf("%+v, %+v", p.Compute, p.Notices)
	}
	refusedKey(t, f, clock, "no-token", "InvalidAuthenticationToken", azurecosts.Connector(), azureusage.Connector(), azurevms.Connector())
}
