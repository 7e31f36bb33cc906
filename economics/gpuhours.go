package economics

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"pitwall/fleet"
)

// gpus.csv holds list prices of rented GPUs, for comparison and as a start for a configuration; what a pool costs is
// said in the configuration and never taken from here unasked.
//
//go:embed prices/gpus.csv
var gpus []byte

// GPUHour is the list price of one GPU for an hour in one offer.
type GPUHour struct {
	Provider string
	Offer    string // instance type or plan, as the provider writes it
	GPU      string // product with form and memory: "H100-SXM-80GB"
	GPUs     int    // in one instance
	Price    fleet.Money
	Pricing  string // "on-demand" or "serverless"
	AsOf     string // day, month or year of the figure, as exact as its source; "" where the source has none
	Source   string // kind of source: vendor documentation is firmer than third-party tables
}

// GPUHours lists the offers that are compiled in, by provider and offer.
func GPUHours() ([]GPUHour, error) {
	rows, err := csv.NewReader(bytes.NewReader(gpus)).ReadAll()
	if err != nil {
		return nil, invalid(err)
	}
	out := make([]GPUHour, 0, len(rows))
	for i, row := range rows[1:] { // the first row names the columns
		price, err := amount(row[4])
		if err != nil {
			return nil, invalid(fmt.Errorf("line %d: %w", i+2, err))
		}
		n, err := strconv.Atoi(row[3])
		if err != nil {
			return nil, invalid(fmt.Errorf("line %d: %w", i+2, err))
		}
		out = append(out, GPUHour{Provider: row[0], Offer: row[1], GPU: row[2], GPUs: n, Price: price, Pricing: row[5],
			AsOf: row[6], Source: row[7]})
	}
	return out, nil
}

// GPUOffer finds the list price of a provider's offer, whatever its case. Nothing like it is ever taken for it.
func GPUOffer(provider, offer string) (GPUHour, bool) {
	list, err := GPUHours()
	if err != nil {
		return GPUHour{}, false
	}
	for _, g := range list {
		if strings.EqualFold(g.Provider, provider) && strings.EqualFold(g.Offer, offer) {
			return g, true
		}
	}
	return GPUHour{}, false
}
