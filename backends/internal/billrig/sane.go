package billrig

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

// Sane holds for every line and notice, whatever they were made of: no use below zero, no key, no negative use of money, nothing
// that a screen cannot take.
func Sane(t testing.TB, lines []fleet.BillLine, notices []fleet.Notice) {
	t.Helper()
	for i := range lines {
		l := &lines[i]
		switch {
		case !fleet.IsClean(l.Item.String()), !fleet.IsClean(l.Unit.String()), strings.HasPrefix(l.Key, "sk-"),
			l.Quantity.OK && l.Quantity.V.IsNegative() && l.Stream != fleet.StreamBilled,
			l.Cost.OK && l.IsUsage() && l.Cost.V.Amount().IsNegative(),
			l.Credit.OK && l.Credit.V.Amount().IsPositive():
			t.Errorf("%+v", l)
		}
	}
	for _, n := range notices {
		if text := n.Text.String(); !fleet.IsClean(text) || len(text) > 2*fleet.MaxLabelBytes {
			t.Errorf("%q", text)
		}
	}
}
