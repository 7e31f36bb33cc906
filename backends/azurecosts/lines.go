package azurecosts

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/meterwords"
	"pitwall/fleet"
)

// table is one page: rows are arrays, and columns say what is where.
type table struct {
	Columns []struct {
		Name string `json:"name"`
	} `json:"columns"`
	Rows [][]json.RawMessage `json:"rows"`
	Next string              `json:"nextLink"`
}

// column finds one by any of its names; -1 where it is missing.
func (t *table) column(names ...string) int {
	for i, c := range t.Columns {
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, c.Name) }) {
			return i
		}
	}
	return -1
}

// lines are the rows. One that cannot be read makes the whole answer unusable: a sum without it would be too low.
func (r *reader) lines(t table) ([]fleet.BillLine, error) {
	cost, day, currency := t.column("PreTaxCost", "Cost", totalCost), t.column("UsageDate"), t.column("Currency")
	charge, meter := t.column("ChargeType"), t.column("Meter")
	if len(t.Rows) > 0 && min(cost, day, currency, meter) < 0 {
		return nil, r.unread("the answer lacks a column of cost, date, currency or meter")
	}
	now := r.clock.Now()
	lines := make([]fleet.BillLine, 0, min(len(t.Rows), billing.MostLines))
	for _, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return nil, r.unread("a row has other columns than are named")
		}
		amount, ok := billing.ExactJSON(row[cost])
		money := bills.Money(fleet.Maybe[decimal.Decimal]{V: amount, OK: ok}, word(row[currency]))
		at, dated := dayOf(row[day])
		if !money.OK || !dated {
			return nil, r.unread("a row has no readable amount, currency or date")
		}
		line := fleet.BillLine{Stream: fleet.StreamBilled, Span: billing.DayUntil(at, now), Cost: money, Charge: fleet.ChargeUsage,
			Estimated: !billing.Settled(at, now, lateDays)}
		if charge >= 0 {
			line.Charge = chargeOf(word(row[charge]))
		}
		name := word(row[meter])
		line.Item = fleet.Label(name)
		if line.IsUsage() {
			line.Use, line.Tier, line.Model = meterwords.Kind(name), meterwords.Tier(name), modelOf(name)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// reach are the words of meters that say where a deployment is answered: they end the name of its model.
var reach = []string{"glbl", "global", "regnl", "regional", "dzone", "dz", "datazone", "data"}

// released is the day of a year on which a model was released, behind its name in meters: "gpt-4o 1120".
var released = regexp.MustCompile(` (0[1-9]|1[0-2])[0-3]\d$`)

// modelOf is the model of a meter: what stands before the first word that says what was used.
func modelOf(meter string) fleet.ModelName {
	return fleet.ModelName(released.ReplaceAllString(billing.Before(meter, reach...), ""))
}

// word is a text of a row; anything else is none.
func word(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// dayOf reads the date of a row: the number 20261031, or a text such as "2026-10-31T00:00:00".
func dayOf(raw json.RawMessage) (time.Time, bool) {
	text := word(raw)
	layout := "2006-01-02"
	if d, ok := billing.ExactJSON(raw); ok && d.IsInteger() {
		text, layout = strconv.FormatInt(d.IntPart(), 10), "20060102"
	} else if len(text) > len(layout) {
		text = text[:len(layout)]
	}
	at, err := time.Parse(layout, text)
	return at, err == nil
}

// chargeOf puts a type of charge into one scale; what is new there is no usage.
func chargeOf(kind string) fleet.Charge {
	switch strings.ToLower(kind) {
	case "usage":
		return fleet.ChargeUsage
	case "purchase":
		return fleet.ChargePurchase
	case "tax":
		return fleet.ChargeTax
	case "credit":
		return fleet.ChargeCredit
	default: // refund, rounding adjustment, unused reservation
		return fleet.ChargeAdjustment
	}
}
