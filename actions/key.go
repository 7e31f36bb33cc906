package actions

import (
	"fmt"
	"strconv"
	"strings"

	"pitwall/fleet"
)

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

// ReadLimits reads limits as people type them: an amount or a number, and none for no limit. What is not wanted is not read.
func ReadLimits(want *KeyIntent, budget, per, tpm, rpm string) error {
	none := func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), "none") }
	if want.Budget && !none(budget) {
		m, err := fleet.ParseMoney(strings.TrimPrefix(strings.TrimSpace(budget), "$"), fleet.USD)
		if err != nil {
			return fmt.Errorf("%s is no amount of US dollars, such as 50 or 12.50, and not none", fleet.Quote(budget))
		}
		want.Limit.Budget = fleet.Some(m)
	}
	if want.Per && !none(per) {
		want.Limit.Per = strings.TrimSpace(per)
	}
	for _, x := range []struct {
		wanted bool
		text   string
		to     *fleet.Maybe[int64]
	}{{want.TPM, tpm, &want.Limit.TPM}, {want.RPM, rpm, &want.Limit.RPM}} {
		if !x.wanted || none(x.text) {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(x.text), 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("%s is no whole number, zero or more, and not none", fleet.Quote(x.text))
		}
		*x.to = fleet.Some(n)
	}
	return nil
}
