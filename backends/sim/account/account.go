// Package account is what a simulated account of a cloud or provider is made of: the truth that it tells in its own format, with its own
// lag, rounding, pages and limits. Each system is one folder beside this one and one line in the registry of package sim.
package account

import (
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// Ledger is the truth about one provider of the fleet, the fortnight before the world began with it.
type Ledger interface {
	// Served lists what the provider served in a time, oldest first: minutes, and hours of what is older than a day.
	Served(from, to time.Time) []world.Served
	// Charge is what a row costs at the provider's list, exactly, in US dollars.
	Charge(row world.Served) decimal.Decimal
	// Rates are the list of one model; false for one that it does not have.
	Rates(model string) (world.Rates, bool)
	// Billed is what bills call a model: a snapshot with its date.
	Billed(model string) string
}

// Machine is one rented machine of the account.
type Machine struct {
	ID, Name, Address string
	Ready             func() bool // whether it answers; nil for always
	// Fate says when it is taken back, the zero time where nobody has said so, and whether it was; nil for never.
	Fate func() (leaves time.Time, gone bool)
}

// Leaves is when a machine is taken back, the zero time where that is not announced, and whether it is gone.
func (m *Machine) Leaves() (at time.Time, gone bool) {
	if m.Fate == nil {
		return time.Time{}, false
	}
	return m.Fate()
}

// Truth is what an account knows.
type Truth struct {
	Clock    fleet.Clock
	Provider string // whose traffic it pays for; "" for none
	Ledger   Ledger // nil without a provider
	Machines []Machine
	Cluster  *Cluster // that the machines are in; nil without a pool
	Key      string   // the credential that it takes, where one word is enough
}

// Endpoint is where a running account answers and whom it pays for.
type Endpoint struct {
	URL      string
	Provider fleet.ProviderID
	Site     fleet.SiteID
	Folder   string // for files that a connector reads beside it; removed at the end
}

// System is one kind of account.
type System struct {
	Name string                            // "aws"
	New  func(Truth) (http.Handler, error) // nil for one that answers nothing
	// Files begins to put files into a folder; what it returns is called often, and writes what is due. Nil for an account without.
	Files func(t Truth, folder string) func() error
	// Sources configure the connectors that read it, and the accounts of machines that they fill.
	Sources func(Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error)
	// Secrets are the credentials that the sources name, which open nothing but the simulation.
	Secrets map[string]string
}
