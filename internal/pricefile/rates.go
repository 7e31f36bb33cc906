package pricefile

import (
	"bytes"
	"path/filepath"
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// mostRates bounds a file of exchange rates.
const mostRates = 8 << 20

func readRates(path string) (economics.ExchangeRates, error) {
	file, err := readFile(path, filepath.Base(path), mostRates)
	if err != nil {
		return nil, err
	}
	return economics.ReadExchangeRates(bytes.NewReader(file.Body))
}

// Rates are the exchange rates in force.
func (l *Live) Rates() economics.ExchangeRates { return l.Now().Rates }

// saidRates are the newest rate of each currency.
func (l *Loaded) saidRates(now time.Time) []fleet.Safe {
	var out []fleet.Safe
	for i := range l.Rates {
		if r := &l.Rates[i]; i+1 == len(l.Rates) || l.Rates[i+1].Currency != r.Currency {
			out = append(out, fleet.Concat(fleet.Text("exchange rate: "), r.Text(), fleet.Text(", "),
				fleet.Age(now.Sub(r.Date)), fleet.Text(" old")))
		}
	}
	return out
}
