package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
)

// accountFacts say what an account of machines comes to.
func accountFacts(s *fleet.Snapshot, id fleet.AccountID, now time.Time) []fact {
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if a.Spec.ID != id {
			continue
		}
		facts := []fact{{fleet.Text("machines"), fleet.Concat(fleet.Many(len(a.Machines), "machine"), fleet.Text(", "),
			moneyRate(a.Burn, !a.BurnWhy.IsEmpty()), fleet.Text(", GPU use "), whole(a.Utilised), fleet.Text("%")), themes.Text}}
		if !a.BurnWhy.IsEmpty() {
			facts = append(facts, fact{fleet.Text("burn"), a.BurnWhy, themes.Warn})
		}
		facts = append(facts, fact{fleet.Text("offers"), fleet.Many(len(a.Offers), "offer"), themes.Text})
		if !a.PricesAsOf.IsZero() {
			facts = append(facts, fact{fleet.Text("prices"), fleet.Concat(fleet.Text("of "), fleet.Label(a.PricesAsOf.UTC().Format(time.DateOnly)),
				fleet.Text(", "),
				ageText(a.PricesAsOf, now), fleet.Text(" old")), themes.Text})
		}
		if !a.Blind.IsEmpty() {
			facts = append(facts, fact{fleet.Text("not told"), a.Blind, themes.Dim})
		}
		return facts
	}
	return nil
}
