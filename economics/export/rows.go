package export

import (
	"cmp"
	"slices"

	"pitwall/economics"
	"pitwall/fleet"
)

// Rows are the lines of all ledgers within a span, each as a row of its own stream and source. What a source counts without
// money is priced as names do. title is what people call a provider; nil takes its ID.
func Rows(ledgers []economics.Ledger, over fleet.Span, names economics.Names, title func(fleet.ProviderID) string) []Row {
	var out []Row
	for i := range ledgers {
		l := &ledgers[i]
		for j := range l.Pages {
			page := &l.Pages[j]
			for k := range page.Lines {
				if line := page.Lines[k]; over.Has(line.Span.From) {
					out = append(out, rowOf(l, line, names, title))
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Row) int {
		return cmp.Or(a.Span.From.Compare(b.Span.From), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.BillLine.Provider, b.BillLine.Provider),
			cmp.Compare(a.Model, b.Model), cmp.Compare(a.Use, b.Use))
	})
	return out
}

func rowOf(l *economics.Ledger, line fleet.BillLine, names economics.Names, title func(fleet.ProviderID) string) Row {
	if line.Provider == "" {
		line.Provider = l.Provider
	}
	r := Row{BillLine: line, Source: string(l.Source), From: "as the source charges it"}
	if title != nil && line.Provider != "" {
		r.Provider = title(line.Provider)
	}
	switch {
	case l.Source == "" && line.Stream == fleet.StreamCapacity:
		r.From = "hours of machines times their price"
		r.Provider = cmp.Or(r.Provider, "own machines")
	case l.Source == "":
		r.Source, r.From = "pitwall", "counters of gateways and engines times the price list"
	case !line.Cost.OK && line.Quantity.OK && line.IsUsage() && line.Stream != fleet.StreamBilled && names.Unit != nil:
		if price, ok := names.Unit(line.Provider, &line); ok {
			r.Cost, r.From = fleet.Some(price.Mul(line.Quantity.V)), "usage as the source counts it times the price list"
		}
	}
	r.Source = cmp.Or(r.Source, "pitwall")
	return r
}
