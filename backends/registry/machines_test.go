package registry

import (
	"net/http"
	"os"
	"testing"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
)

// The demo's account and price file are read by the connectors of real ones.
func TestThePlayedMachinesAreRead(t *testing.T) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock, Machines: true})
	if err != nil {
		t.Fatal(err)
	}
	inv := f.Inventory()
	var list []fleet.SourceSpec
	for _, s := range inv.Sources {
		if s.Subject.Account != "" {
			list = append(list, s)
		}
	}
	readers, problems := Set(Connectors()).Readers(list, fleet.Deps{Clock: clock, Secret: f.Secret})
	if len(problems) != 0 || len(readers) != 2 || len(inv.Accounts) != 2 {
		t.Fatalf("%v, %d readers", problems, len(readers))
	}
	nodes, machines := 0, 0
	for _, p := range inv.Pools {
		nodes += len(p.Nodes)
	}
	for id, r := range readers {
		p, err := r.Read(t.Context())
		if err != nil || len(p.Notices) != 0 {
			t.Fatalf("%s: %v, %v", id, err, p.Notices)
		}
		machines += len(p.Compute.Machines)
		for _, m := range p.Compute.Machines {
			if !m.Price.OK || m.GPU == "" || !m.GPUs.OK {
				t.Errorf("%+v", m)
			}
		}
		if id == sim.LambdaName && len(p.Compute.Offers) != 5 {
			t.Errorf("%d offers: %+v", len(p.Compute.Offers), p.Compute.Offers)
		}
	}
	if machines != nodes+1 {
		t.Errorf("%d machines for %d nodes and a notebook", machines, nodes)
	}
	refused := 0
	for range 10 { // the account bears a call a second, and a few at once
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URL(sim.LambdaName)+"/api/v1/instances", nil)
		key, _ := f.Secret(t.Context(), fleet.SecretRef{Env: sim.KeyName})
		req.Header.Set("Authorization", "Bearer "+key.Reveal())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused == 0 {
		t.Error("no limit of calls")
	}
	var file string
	for _, s := range list {
		file += s.File
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("%s stays behind: %v", file, err)
	}
}
