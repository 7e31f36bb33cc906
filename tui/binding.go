package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
)

// Scope is where a key is heard. While a dialog is open only its own scope and Always are.
type Scope string

// The scopes.
const (
	ScopeAlways  Scope = "everywhere"
	ScopeScreens Scope = "screens"
	ScopePlan    Scope = "shift: 1 plan"
	ScopeWork    Scope = "object of a cluster: 1 plan"
	ScopeChecks  Scope = "change: 2 checks"
	ScopeConfirm Scope = "change: 3 confirm"
	ScopeApply   Scope = "change: 4 apply+verify"
	ScopeSoak    Scope = "change: 5 soak"
	ScopeSelect  Scope = "failover: 1 select"
	ScopeWeigh   Scope = "failover: 2 checks"
	ScopeSeal    Scope = "failover: 3 confirm"
	ScopeText    Scope = "logs, describe and raw"
	ScopeAsk     Scope = "question"
	ScopeHelp    Scope = "help"
	ScopeLine    Scope = "command and filter line"
)

// scopes lists all scopes in the order of the help and the printed sheet.
func scopes() []Scope {
	return []Scope{
		ScopeScreens, ScopeText, ScopePlan, ScopeWork, ScopeChecks, ScopeConfirm, ScopeApply, ScopeSoak,
		ScopeSelect, ScopeWeigh, ScopeSeal, ScopeAsk, ScopeLine, ScopeHelp, ScopeAlways,
	}
}

// Risk is what a key can lead to.
type Risk string

// The risks. No key sends anything to a fleet by itself but the steering of a change that is confirmed and runs.
const (
	RiskLook  Risk = "looks"  // changes what is shown
	RiskPlan  Risk = "plans"  // opens a plan or a question and sends nothing; always a capital letter
	RiskSteer Risk = "steers" // acts on a confirmed change, or is the confirmation itself
)

// Binding is one line of the key table: it drives dispatch, help, hints, completion and the printed sheet.
type Binding struct {
	ID    string   // stable name, for the configuration
	Keys  []string // as tea prints them, the first one being shown in hints
	Scope Scope
	Word  fleet.Safe // short, for the bottom line; "" keeps it out
	Help  fleet.Safe
	Risk  Risk
	Live  bool                    // it asks a system now, which says nothing of the past
	Why   func(*Model) fleet.Safe // why it does nothing now, "" when it works; nil means that it always works
	do    func(*Model, string) tea.Cmd
}

// off tells why the binding does nothing now; "" means that it works.
func (b *Binding) off(m *Model) fleet.Safe {
	if why := whyPast(m); b.Scope == ScopeScreens && !why.IsEmpty() {
		switch {
		case b.Risk != RiskLook:
			return why
		case b.Live:
			return fleet.Text("it would be read now, and this is the past")
		}
	}
	if b.Why == nil {
		return fleet.Safe{}
	}
	return b.Why(m)
}
