package sim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"testing"

	"github.com/shopspring/decimal"

	"pitwall/backends/gce"
	"pitwall/backends/googlecosts"
	"pitwall/backends/sim/googleapi"
	"pitwall/backends/vertexusage"
	"pitwall/fleet"
)

var claudeOnGoogle = Account{System: "google", Provider: providerAnthropic, Pool: poolB200}

// The export of Google is late, and right once it was revised; its rows fill more than one page, and its credits stand apart.
func TestGoogleBillsLateAndThenRight(t *testing.T) {
	f, clock := accountAt(t, noon, claudeOnGoogle)
	p, h := ages(t, f, googleapi.System, claudeOnGoogle, googlecosts.Connector())
	if len(p.Bill.Lines) <= 40 || !p.Bill.Refreshed.OK {
		t.Errorf("%d lines fit on one page, exported %v", len(p.Bill.Lines), p.Bill.Refreshed)
	}
	for i := range p.Bill.Lines {
		l := &p.Bill.Lines[i]
		if back := l.Credit.V.Amount(); l.Use == fleet.UseUnknown || l.Model != "Claude Sonnet 4.5" || !l.Quantity.OK ||
			!sameMoney(back, l.Cost.V.Amount().Mul(decimal.RequireFromString("-0.02"))) {
			t.Fatalf("a line %+v", l)
		}
	}
	if spent := h.(*googleapi.Server).Spent(); !spent.IsPositive() || spent.GreaterThan(decimal.RequireFromString("0.001")) {
		t.Errorf("three queries cost $%s", spent)
	}
	throttled(t, f, clock, googlecosts.Connector(), 60)
}

// Cloud Monitoring counts what was served but for the last minutes, over its pages.
func TestVertexIsCounted(t *testing.T) {
	f, clock := accountAt(t, noon, claudeOnGoogle)
	counts(t, f, providerAnthropic, readBill(t, reads(t, f, clock, vertexusage.Connector())))
}

func TestGoogleMachinesAndTokens(t *testing.T) {
	f, clock := accountAt(t, noon, claudeOnGoogle)
	p := readBill(t, reads(t, f, clock, gce.Connector()))
	if c := p.Compute; len(c.Machines) != len(f.machinesOf(poolB200)) || len(c.Machines) < 2 || len(p.Notices) > 0 ||
		c.Machines[0].State != fleet.MachineRunning || c.Machines[0].GPUs.V != 8 || !c.Machines[0].Price.OK {
		t.Fatalf("%+v, %+v", p.Compute, p.Notices)
	}
	list := []fleet.Connector{googlecosts.Connector(), vertexusage.Connector(), gce.Connector()}
	refusedKey(t, f, clock, "no-token", "", list...)
	for _, c := range list {
		r := readerOf(t, f.Inventory().Sources, fleet.Deps{Clock: clock, Secret: wrongSecret(robotKey(t, googleapi.RobotKey))}, c)
		if _, err := r.Read(t.Context()); err != nil {
			t.Errorf("%s with the key of the service account: %v", c.Kind, err)
		}
	}
	refusedKey(t, f, clock, robotKey(t, "another"), "", list...)
}

// robotKey is the key file of the service account.
func robotKey(t *testing.T, id string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{"type": "service_account", "project_id": "simulated", "private_key_id": id,
		"client_email": googleapi.Robot, "private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
