package sim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/backends/azurevms"
	"pitwall/backends/digitalocean"
	"pitwall/backends/ec2"
	"pitwall/backends/gce"
	"pitwall/backends/paperspace"
	"pitwall/backends/runpod"
	"pitwall/backends/sim/account"
	"pitwall/backends/sim/kubeapi"
	"pitwall/fleet"
)

// Machines that are taken back are announced by the accounts that announce it, before they are gone, and not before that is decided;
// then they are told as gone, their node has left the cluster, and its exporter answers no more.
func TestAccountsAnnounceWhatTheyTakeBack(t *testing.T) {
	for _, x := range []struct {
		system    string
		connector fleet.Connector
		says      string // of the notice; "" where only the machine itself is told
		at        fleet.MachineState
	}{
		{"aws", ec2.Connector(), "retirement", fleet.MachineGone},
		{"google", gce.Connector(), "maintenance", fleet.MachineStopped},
		{"azure", azurevms.Connector(), "", fleet.MachineStopped},
		{"runpod", runpod.Connector(), "", fleet.MachineStopped},
		{"digitalocean", digitalocean.Connector(), "", fleet.MachineStopped},
		{"paperspace", paperspace.Connector(), "", fleet.MachineStopped},
	} {
		f, clock := accountAt(t, noon, Account{System: x.system, Pool: poolB200})
		nodes := f.machinesOf(poolB200)
		last := nodes[len(nodes)-1].Name
		look := func() *fleet.Machine { // anew: some connectors ask for notices seldom
			p := readBill(t, reads(t, f, clock, x.connector))
			i := slices.IndexFunc(p.Compute.Machines, func(m fleet.Machine) bool { return m.Name.String() == last })
			if i < 0 {
				t.Fatalf("%s: no %s in %+v", x.system, last, p.Compute.Machines)
			}
			return &p.Compute.Machines[i]
		}
		if m := look(); len(m.Notices) != 0 || m.State != fleet.MachineRunning {
			t.Errorf("%s, before: %+v", x.system, m)
		}
		begin(t, f, clock, Injection{ID: "F22", On: poolB200, Magnitudes: map[string]float64{"share": .4, "notice": 90}})
		due := clock.Now().Add(90 * time.Second)
		m := look()
		switch {
		case m.State != fleet.MachineRunning, x.says == "" && len(m.Notices) > 0:
			t.Errorf("%s, announced: %+v", x.system, m)
		case x.says == "":
		case len(m.Notices) != 1 || !strings.Contains(m.Notices[0].What.String(), x.says) || !m.Notices[0].Stops ||
			m.Notices[0].At.V.Sub(due).Abs() > 3*time.Second:
			t.Errorf("%s, announced for %s: %+v", x.system, due, m.Notices)
		}
		url := f.URL(last)
		if resp, _ := get(t, url+"/metrics", false); resp.StatusCode != 200 {
			t.Errorf("its exporter answers %d", resp.StatusCode)
		}
		move(t, clock, 2*time.Minute)
		if m := look(); m.State != x.at {
			t.Errorf("%s, taken: %+v", x.system, m)
		}
		if resp, err := http.Get(url + "/metrics"); err == nil {
			_ = resp.Body.Close()
			t.Errorf("the exporter of %s answers %d", last, resp.StatusCode)
		}
		for _, c := range f.clusters {
			if c.Refresh(); c.Store().Get(kubeapi.Nodes, "", last) != nil {
				t.Errorf("%s shows %s", c.Name(), last)
			}
		}
		if slices.ContainsFunc(f.standing(siteFRA).Nodes, func(n account.Node) bool { return n.Name == last }) {
			t.Errorf("%s is in the cluster", last)
		}
	}
}
