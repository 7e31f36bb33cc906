package sim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pitwall/backends/sim/lambdaapi"
	"pitwall/backends/sim/wire"
	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// LambdaName is the endpoint of the simulated account at Lambda, of a fleet that has one; ownMachines is its price file.
const (
	LambdaName  = "lambda"
	ownMachines = "own-machines"
	rentedEvery = time.Minute
)

// rentals are where the machines of a fleet come from: those of one pool are rented, the others are in a price file.
type rentals struct {
	url    string
	server *http.Server
	folder string
}

// rentMachines serves an account and writes a price file where the fleet is to have them; nil otherwise.
func rentMachines(ctx context.Context, o Options, w *world.World, s *world.Spec) (*rentals, error) {
	if !o.Machines {
		return nil, nil //nolint:nilnil // most fleets have none
	}
	held, err := wire.Reserve(ctx, []string{LambdaName})
	if err != nil {
		return nil, err
	}
	l := held[LambdaName]
	r := &rentals{url: "http://" + l.Addr().String()}
	if r.folder, err = os.MkdirTemp("", "pitwall-machines-"); err == nil {
		err = os.WriteFile(r.file(), []byte(priceFile(s, o.Start)), 0o600)
	}
	if err != nil {
		_ = os.RemoveAll(r.folder)
		return nil, errors.Join(&fleet.Error{Kind: fleet.KindInternal, Op: "write the price file of the machines", Err: err}, l.Close())
	}
	r.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: lambdaapi.New(lambdaapi.Options{Clock: o.Clock, Key: key,
		Region:    "europe-west-4",
		Instances: instances(o, w, s), Kinds: []lambdaapi.Kind{
			{Name: "gpu_8x_h100_sxm5", GPU: "H100 (80 GB SXM5)", GPUs: 8, Cents: 3192, Free: []string{"us-east-1"}},
			{Name: "gpu_1x_h100_sxm5", GPU: "H100 (80 GB SXM5)", GPUs: 1, Cents: 429, Free: []string{"us-west-3", "europe-west-4"}},
			{Name: "gpu_8x_b200_sxm6", GPU: "B200 (180 GB SXM6)", GPUs: 8, Cents: 5512},
			{Name: "gpu_8x_a100_80gb_sxm4", GPU: "A100 (80 GB SXM4)", GPUs: 8, Cents: 1432, Free: []string{"us-east-1"}}}})}
	go func() { _ = r.server.Serve(l) }() // ends with http.ErrServerClosed
	return r, nil
}

func (r *rentals) file() string { return filepath.Join(r.folder, "machines.csv") }

func (r *rentals) close() error {
	if r == nil {
		return nil
	}
	return errors.Join(r.server.Close(), os.RemoveAll(r.folder))
}

// instances are the nodes of the rented pool, and a machine that no pool has.
func instances(o Options, w *world.World, s *world.Spec) []lambdaapi.Instance {
	var list []lambdaapi.Instance
	for i := range s.Pools {
		if s.Pools[i].Name != poolCode {
			continue
		}
		for k, node := range s.Pools[i].Nodes {
			list = append(list, lambdaapi.Instance{ID: machineID(k), Name: node, Address: machineAddress(k),
				Kind: "gpu_8x_h100_sxm5", Status: func() string { return statusOf(o, w, node) }})
		}
	}
	return append(list, lambdaapi.Instance{ID: "0920582c7ff041399e34823a0be69999", Name: "notebook", Address: "10.19.60.99",
		Kind: "gpu_1x_h100_sxm5"})
}

func machineID(k int) string { return fmt.Sprintf("0920582c7ff041399e34823a0be6%04d", k) }

func machineAddress(k int) string { return fmt.Sprintf("10.19.60.%d", 10+k) }

// statusOf is what the account says of a machine: it sees whether the machine answers, and nothing of its GPUs.
func statusOf(o Options, w *world.World, node string) string {
	said := "active"
	w.At(o.Clock.Now(), func() {
		for _, n := range w.Nodes() {
			if n.Name == node && !n.Ready {
				said = "unhealthy"
			}
		}
		if _, gone := w.Rented(node); gone {
			said = "preempted"
		}
	})
	return said
}

// priceFile lists the machines of the other pools as their owner would: bought ones, and leased ones whose time ends.
func priceFile(s *world.Spec, start time.Time) string {
	var b strings.Builder
	day := func(d int) string { return start.AddDate(0, 0, d).UTC().Format(time.DateOnly) }
	fmt.Fprintf(&b, "# as of %s\nnode,type,gpu,gpus,usd_per_gpu_hour,pricing,until,region,maintenance,note\n", day(-23))
	for i := range s.Pools {
		p := &s.Pools[i]
		facts, known := poolFacts[p.Name]
		if p.Name == poolCode || !known {
			continue
		}
		for k, node := range p.Nodes {
			pricing, until, window, note := "owned", "", "", ""
			switch {
			case p.Name == poolDR:
				pricing, until = "reserved", day(45)
			case p.Name == poolB200 && k == len(p.Nodes)-1:
				window, note = day(12)+"T22:00Z/"+day(13)+"T02:00Z stop", "PDU swap"
			}
			fmt.Fprintf(&b, "%s,,%s,%d,%.2f,%s,%s,%s,%s,%s\n", node, facts.gpu, p.PerNode, facts.hour, pricing, until, siteOf(p.Name), window, note)
		}
	}
	return b.String()
}

// addMachines configures both.
func (f *Fleet) addMachines(inv *fleet.Inventory) {
	inv.Accounts = append(inv.Accounts, fleet.AccountSpec{ID: LambdaName, Kind: "lambda", Site: siteAMS}, fleet.AccountSpec{ID: ownMachines,
		Kind: "onprem"})
	inv.Sources = append(inv.Sources, source(LambdaName, "lambda", f.rentals.url+"/api/v1", rentedEvery, fleet.Subject{Account: LambdaName},
		auth, nil))
	file := source(ownMachines, "onprem", "", rentedEvery, fleet.Subject{Account: ownMachines}, fleet.SecretRef{}, nil)
	file.File = f.rentals.file()
	inv.Sources = append(inv.Sources, file)
}
