package sim

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
	"pitwall/backends/sim/awsapi"
	"pitwall/backends/sim/azureapi"
	"pitwall/backends/sim/digitaloceanapi"
	"pitwall/backends/sim/focusfiles"
	"pitwall/backends/sim/googleapi"
	"pitwall/backends/sim/opencostapi"
	"pitwall/backends/sim/openrouterapi"
	"pitwall/backends/sim/paperspaceapi"
	"pitwall/backends/sim/runpodapi"
	"pitwall/backends/sim/togetherapi"
	"pitwall/backends/sim/wire"
	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// systems are the kinds of accounts that a fleet can have beside it.
var systems = []account.System{
	awsapi.System, azureapi.System, digitaloceanapi.System, focusfiles.System, googleapi.System, opencostapi.System, openrouterapi.System,
	paperspaceapi.System, runpodapi.System, togetherapi.System,
}

// Account is an account beside the fleet: its system, the provider whose traffic it pays for, and the pool whose nodes it rents out.
type Account struct {
	System   string
	Provider fleet.ProviderID // "" for none
	Pool     fleet.PoolID     // "" for no machines
}

// Systems lists the kinds of accounts that a fleet can have beside it.
func Systems() []string {
	names := make([]string, len(systems))
	for i := range systems {
		names[i] = systems[i].Name
	}
	slices.Sort(names)
	return names
}

// accountName is the endpoint of an account.
func accountName(system string) string { return "account-" + system }

// openAccount is one that runs.
type openAccount struct {
	system *account.System
	at     account.Endpoint
	server *http.Server // nil for one that answers nothing
	export func() error // nil for one without files
	look   func()       // nil for one that answers from what is known at the time
}

// openAccounts serves the accounts that the options name.
func (f *Fleet) openAccounts(ctx context.Context) error {
	for _, a := range f.options.Accounts {
		i := slices.IndexFunc(systems, func(s account.System) bool { return s.Name == a.System })
		if i < 0 {
			return &fleet.Error{Kind: fleet.KindNotFound, Op: "open an account at " + fleet.Quote(a.System).String(),
				Next: "known are " + strings.Join(Systems(), ", ")}
		}
		opened, err := f.openAccount(ctx, &systems[i], a)
		if err != nil {
			return err
		}
		f.accounts = append(f.accounts, opened)
	}
	return nil
}

func (f *Fleet) openAccount(ctx context.Context, s *account.System, a Account) (*openAccount, error) {
	truth := account.Truth{Clock: f.options.Clock, Key: key, Provider: string(a.Provider), Machines: f.machinesOf(string(a.Pool)),
		Cluster: f.clusterOf(string(a.Pool))}
	if a.Provider != "" {
		p := f.providerNamed(string(a.Provider))
		if p == nil {
			return nil, &fleet.Error{Kind: fleet.KindNotFound, Op: "find the provider " + fleet.Quote(string(a.Provider)).String()}
		}
		truth.Ledger = &ledger{f: f, p: p, past: f.billing()}
	}
	o := &openAccount{system: s, at: account.Endpoint{Provider: a.Provider}}
	var err error
	if o.at.Folder, err = os.MkdirTemp("", "pitwall-account-"); err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "make a folder for the account", Err: err}
	}
	if err := o.begin(ctx, truth); err != nil {
		return nil, errors.Join(err, o.close())
	}
	if a.Pool != "" {
		o.at.Site = fleet.SiteID(siteOf(string(a.Pool)))
	}
	return o, nil
}

// begin serves an account, and exports what it has to export by now.
func (a *openAccount) begin(ctx context.Context, truth account.Truth) error {
	if a.system.Files != nil {
		a.export = a.system.Files(truth, a.at.Folder)
		if err := a.export(); err != nil {
			return &fleet.Error{Kind: fleet.KindInternal, Op: "write the files of the account", Err: err}
		}
	}
	if a.system.New == nil {
		return nil
	}
	handler, err := a.system.New(truth)
	if err != nil {
		return err
	}
	name := accountName(a.system.Name)
	held, err := wire.Reserve(ctx, []string{name})
	if err != nil {
		return err
	}
	if l, ok := handler.(interface{ Look() }); ok {
		a.look = l.Look
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: handler}
	a.server, a.at.URL = server, "http://"+held[name].Addr().String()
	go func() { _ = server.Serve(held[name]) }() // ends with http.ErrServerClosed
	return nil
}

func (a *openAccount) close() error {
	err := os.RemoveAll(a.at.Folder)
	if a.server != nil {
		err = errors.Join(a.server.Close(), err)
	}
	return err
}

// keepAccounts lets accounts see what happens, and write the files that are due. What cannot be written now is late, as exports are.
func (f *Fleet) keepAccounts() {
	for _, a := range f.accounts {
		if a.look != nil {
			a.look()
		}
		if a.export != nil {
			_ = a.export()
		}
	}
}

// addAccounts configures those that run.
func (f *Fleet) addAccounts(inv *fleet.Inventory) error {
	for _, a := range f.accounts {
		sources, accounts, err := a.system.Sources(a.at)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(sources, a.pays) { // in place of the provider's own bill: nobody pays twice
			inv.Sources = slices.DeleteFunc(inv.Sources, a.pays)
		}
		inv.Sources = append(inv.Sources, sources...)
		inv.Accounts = append(inv.Accounts, accounts...)
	}
	return nil
}

// pays tells a bill of the provider that the account pays for.
func (a *openAccount) pays(s fleet.SourceSpec) bool {
	return s.Subject.About == fleet.AboutBill && s.Subject.Provider == a.at.Provider && a.at.Provider != ""
}

// AccountSecrets are the names of the credentials of the accounts.
func (f *Fleet) AccountSecrets() (names []string) {
	for _, a := range f.accounts {
		names = append(names, slices.Sorted(maps.Keys(a.system.Secrets))...)
	}
	return names
}

// accountSecret resolves the credentials of the accounts.
func (f *Fleet) accountSecret(name string) (string, bool) {
	for _, a := range f.accounts {
		if s, ok := a.system.Secrets[name]; ok {
			return s, true
		}
	}
	return "", false
}

func (f *Fleet) closeAccounts() error {
	var errs []error
	for _, a := range f.accounts {
		errs = append(errs, a.close())
	}
	return errors.Join(errs...)
}

// machinesOf are the nodes of a pool, as an account sees them.
func (f *Fleet) machinesOf(pool string) (list []account.Machine) {
	for i := range f.world.Spec.Pools {
		if f.world.Spec.Pools[i].Name != pool {
			continue
		}
		for k, node := range f.world.Spec.Pools[i].Nodes {
			list = append(list, account.Machine{ID: machineID(k), Name: node, Address: machineAddress(k),
				Ready: func() bool { return statusOf(f.options, f.world, node) == "active" },
				Fate: func() (leaves time.Time, gone bool) {
					f.world.At(f.options.Clock.Now(), func() { leaves, gone = f.world.Rented(node) })
					return leaves, gone
				}})
		}
	}
	return list
}

func (f *Fleet) providerNamed(name string) *world.ProviderSpec {
	for i := range f.world.Spec.Providers {
		if f.world.Spec.Providers[i].Name == name {
			return &f.world.Spec.Providers[i]
		}
	}
	return nil
}

// ledger reads the truth about one provider out of the world.
type ledger struct {
	f    *Fleet
	p    *world.ProviderSpec
	past func() wire.Past
}

func (l *ledger) Served(from, to time.Time) (list []world.Served) {
	l.f.world.At(l.f.options.Clock.Now(), func() { list = l.f.world.Served(from, to) })
	for _, s := range l.past().Served {
		if !s.At.Before(from) && s.At.Before(to) {
			list = append(list, s)
		}
	}
	list = slices.DeleteFunc(list, func(s world.Served) bool { return s.Provider != l.p.Name })
	world.SortServed(list)
	return list
}

func (l *ledger) Charge(row world.Served) decimal.Decimal { return l.p.Charge(row) }

func (l *ledger) Rates(model string) (world.Rates, bool) {
	r, ok := l.p.Rates[model]
	return r, ok
}

func (l *ledger) Billed(model string) string {
	if name := l.p.Snapshots[model]; name != "" {
		return name
	}
	return model
}
