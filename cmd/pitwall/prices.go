package main

import (
	"context"
	"strings"
	"time"

	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/internal/config"
	"pitwall/internal/pricefile"
)

// loadPrices reads the price lists that a configuration names. keep is where the last good reading is remembered; "" takes
// only what is good now.
func loadPrices(file *config.File, keep string) (*pricefile.Loaded, error) {
	return pricefile.Load(pricefile.Config{Path: file.Prices, Second: file.Second, Rates: file.Rates, Keep: keep}, time.Now())
}

// inUse tells of a model of the list whether one of the providers declares it.
func inUse(prices *pricefile.Loaded, providers []fleet.ProviderSpec) func(kind string, model fleet.ModelName) bool {
	declared := map[string]bool{}
	for i := range providers {
		for _, m := range providers[i].Models {
			if found, ok := prices.Listing(providers[i].Kind, m.Name); ok {
				declared[found.Kind+" "+found.Model] = true
			}
		}
	}
	return func(kind string, model fleet.ModelName) bool { return declared[kind+" "+string(model)] }
}

// unpriced are the declared models without any price, each with what to write into the price file.
func unpriced(prices *pricefile.Loaded, providers []fleet.ProviderSpec) []fleet.Safe {
	var out []fleet.Safe
	said := map[string]bool{}
	for i := range providers {
		p := &providers[i]
		for _, m := range p.Models {
			if _, ok := prices.ListingOf(p, m.Name); ok || said[p.Kind+" "+string(m.Name)] {
				continue
			}
			said[p.Kind+" "+string(m.Name)] = true
			out = append(out, fleet.Textf("unpriced: %s of %s; to the price file:", fleet.Quote(string(m.Name)), fleet.Quote(string(p.ID))))
			for _, line := range economics.LineToAdd(p.Kind, m.Name, "", nil) {
				out = append(out, fleet.Concat(fleet.Text("  "), line))
			}
		}
	}
	return out
}

// watchPrices takes over price files that change while the console is open. The log says of each.
func (s *session) watchPrices(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	if s.prices == nil {
		close(done)
		return done
	}
	go func() {
		defer close(done)
		s.prices.Watch(ctx, s.clock, func(line fleet.Safe) { s.logger().Info("prices", "said", line.String()) })
	}()
	return done
}

// saidPrices are the lists in force, for the end of a report.
func (s *session) saidPrices() string {
	if s.prices == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n")
	for _, line := range s.prices.Now().Lists(time.Now()) {
		b.WriteString(line.String() + "\n")
	}
	return b.String()
}
