package sim

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/digitalocean"
	"pitwall/backends/openroutercosts"
	"pitwall/backends/paperspace"
	"pitwall/backends/runpod"
	"pitwall/backends/sim/account"
	"pitwall/backends/sim/openrouterapi"
	"pitwall/backends/togethercompute"
	"pitwall/backends/togethercosts"
	"pitwall/fleet"
)

// OpenRouter tells of a day once it is over, and then all of it: nothing of the day that runs, all of the one before, to a thousandth
// of a cent since amounts are floats.
func TestOpenRouterTellsOfCompletedDays(t *testing.T) {
	a := Account{System: "openrouter", Provider: providerOpenAI}
	f, clock := accountAt(t, noon, a)
	p := readBill(t, reads(t, f, clock, openroutercosts.Connector()))
	day := noon.Truncate(24 * time.Hour)
	if got := billedOn(p, day); !got.IsZero() {
		t.Errorf("$%s of the day that runs", got)
	}
	yesterday := day.AddDate(0, 0, -1)
	if got, want := billedOn(p, yesterday), charged(f, providerOpenAI, yesterday, day); !sameMoney(got, want) || !want.IsPositive() {
		t.Errorf("yesterday $%s, true $%s", got, want)
	}
	tokens, requests := int64(0), int64(0)
	for i := range p.Bill.Lines {
		l := &p.Bill.Lines[i]
		switch {
		case !fleet.Day(l.Span.From).From.Equal(yesterday) || !l.Quantity.OK:
		case l.Use == fleet.UseRequests:
			requests += l.Quantity.V.IntPart()
		default:
			tokens += l.Quantity.V.IntPart()
		}
	}
	if wantTokens, wantRequests := servedTokens(f, providerOpenAI, yesterday, day); tokens != wantTokens || requests != wantRequests {
		t.Errorf("%d tokens of %d, %d requests of %d", tokens, wantTokens, requests, wantRequests)
	}
	if len(p.Bill.Limits) != 1 || !p.Bill.Limits[0].Hard || !p.Bill.Limits[0].Spent.OK || !p.Bill.Balance.OK || len(p.Notices) > 0 {
		t.Errorf("%+v, balance %+v, %+v", p.Bill.Limits, p.Bill.Balance, p.Notices)
	}
	throttled(t, f, clock, openroutercosts.Connector(), 12)
	refusedKey(t, f, clock, "wrong", "", openroutercosts.Connector())
	r, _, _ := aged(t, f, day.AddDate(0, 0, 1), openrouterapi.System, a, openroutercosts.Connector())
	if got := billedOn(readBill(t, r), day); !sameMoney(got, charged(f, providerOpenAI, day, day.AddDate(0, 0, 1))) {
		t.Errorf("a day later $%s", got)
	}
}

// The machines of an account are those of its pool, over more than one page where it has pages, with what they cost.
func TestSmallAccountsOfMachines(t *testing.T) {
	for _, x := range []struct {
		system, price string
		connector     fleet.Connector
		blind         bool // does not see whether a machine answers
	}{
		{"runpod", "21.52", runpod.Connector(), false},
		{"digitalocean", "23.92", digitalocean.Connector(), true},
		{"paperspace", "47.6", paperspace.Connector(), false},
		{"together", "", togethercompute.Connector(), false},
	} {
		f, clock := accountAt(t, noon, Account{System: x.system, Pool: poolB200})
		p := readBill(t, reads(t, f, clock, x.connector))
		found := map[string]*fleet.Machine{}
		for i := range p.Compute.Machines {
			m := &p.Compute.Machines[i]
			found[m.Name.String()] = m
			if strings.Contains(m.Name.String(), "nobody-may-keep") {
				t.Errorf("%s: %+v", x.system, m)
			}
		}
		nodes := f.machinesOf(poolB200)
		for _, node := range nodes {
			m := found[node.Name]
			if m == nil || m.State != fleet.MachineRunning || m.GPUs.V != 8 {
				t.Fatalf("%s: %s is %+v", x.system, node.Name, m)
			}
			if x.price != "" && !m.Price.V.Amount().Equal(decimal.RequireFromString(x.price)) {
				t.Errorf("%s: %s costs %s", x.system, node.Name, m.Price.V.Text())
			}
		}
		if len(nodes) < 3 || len(p.Notices) > 0 {
			t.Errorf("%s: %d nodes, %+v", x.system, len(nodes), p.Notices)
		}
		fails(t, x.system, x.connector, x.blind)
		refusedKey(t, f, clock, "wrong", "", x.connector)
	}
}

// fails lets one machine of an account stop answering, and looks whether the account says so.
func fails(t *testing.T, system string, c fleet.Connector, blind bool) {
	t.Helper()
	i := slices.IndexFunc(systems, func(s account.System) bool { return s.Name == system })
	up := true
	clock := fleet.NewVirtualClock(noon)
	h, err := systems[i].New(account.Truth{Clock: clock,
		Machines: []account.Machine{{ID: "m-1", Name: "one", Ready: func() bool { return up }}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	list, _, err := systems[i].Sources(account.Endpoint{URL: server.URL, Site: siteFRA})
	if err != nil {
		t.Fatal(err)
	}
	secret := func(_ context.Context, ref fleet.SecretRef) (fleet.Secret, error) {
		return fleet.NewSecret(systems[i].Secrets[ref.Env]), nil
	}
	r := readerOf(t, list, fleet.Deps{Clock: clock, Secret: secret}, c)
	for _, want := range []fleet.MachineState{fleet.MachineRunning, fleet.MachineUnwell} {
		if blind {
			want = fleet.MachineRunning
		}
		at := slices.IndexFunc(readBill(t, r).Compute.Machines, func(m fleet.Machine) bool { return m.Name.String() == "one" })
		if got := readBill(t, r).Compute.Machines[at].State; got != want {
			t.Errorf("%s, answers %v: %s, want %s", system, up, got, want)
		}
		up = false
	}
}

// Hours of a dedicated endpoint are those that it was seen running, times the price of its hardware.
func TestTogetherCountsHoursOfEndpoints(t *testing.T) {
	f, clock := accountAt(t, noon, Account{System: "together"})
	r := reads(t, f, clock, togethercosts.Connector())
	readBill(t, r)
	move(t, clock, 30*time.Minute)
	p := readBill(t, r)
	sum := decimal.Zero
	for i := range p.Bill.Lines {
		sum = sum.Add(p.Bill.Lines[i].Cost.V.Amount())
	}
	if want := decimal.RequireFromString("6.75"); !sum.Equal(want) { // 22.5 cents a minute
		t.Errorf("half an hour costs $%s, want $%s: %+v", sum, want, p.Bill.Lines)
	}
}
