package actions

import "pitwall/fleet"

// KindKey changes a key of a gateway, or a team: it is blocked or not, and how much it may spend.
const KindKey Kind = "key"

// KeyIntent is what is wanted of a key or a team.
type KeyIntent struct {
	Gateway fleet.GatewayID `json:",omitempty"` // "" where the fleet has only one that keeps keys
	Of      fleet.KeyRef    // an alias, or a hash or an ID, or both; never the key itself
	Kind    fleet.KeyEditKind
	Out     bool `json:",omitempty"` // block: whether it is blocked
	// Limit is what is wanted of those that are named; the others stay as they are.
	Limit  fleet.KeyState `json:",omitzero"`
	Budget bool           `json:",omitempty"` // Limit.Budget
	Per    bool           `json:",omitempty"` // Limit.Per
	TPM    bool           `json:",omitempty"` // Limit.TPM
	RPM    bool           `json:",omitempty"` // Limit.RPM
}

// KeyPlan is what an edit of a key or a team begins with.
type KeyPlan struct {
	Edit   fleet.KeyEdit
	Holder fleet.KeyHolder // as it was read for the plan
	// Rate is what it spends now by its gateway's prices, Share its part of what all keys of the gateway spend; unknown where
	// that is not measured.
	Rate    fleet.Maybe[fleet.USDPerHour]
	Share   fleet.Maybe[fleet.Ratio]
	Runaway bool // its rate is an alert now
}

// KeyText says what an edit does: "block key ci-runner", "limits of team research: $500.00 per 1d -> $50.00 per 1d".
func KeyText(e fleet.KeyEdit) fleet.Safe {
	switch {
	case e.Kind == fleet.KeyLimit:
		return fleet.Textf("limits of %s: %s -> %s", e.Of.Text(), e.Before.LimitText(), e.After.LimitText())
	case e.After.Blocked:
		return fleet.Concat(fleet.Text("block "), e.Of.Text())
	}
	return fleet.Concat(fleet.Text("unblock "), e.Of.Text())
}

// KeyLock is the name under which a key or a team of a gateway is locked.
func KeyLock(g fleet.GatewayID, of fleet.KeyRef) fleet.RouteID {
	return fleet.RouteID(of.Kind() + " " + of.ID + " of " + string(g))
}
