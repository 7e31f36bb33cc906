package googlecosts

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/meterwords"
	"pitwall/fleet"
)

// row is one group of the query.
type row struct {
	day                              time.Time
	newest, exported                 time.Time
	sku, project, region, kind, unit string
	amount                           fleet.Maybe[decimal.Decimal]
	cost                             fleet.Money
	credit                           decimal.Decimal
}

// names are the columns, in the order of the query.
var names = []string{"day", "sku", "project", "region", "kind", "currency", "unit", "amount", "cost", "credit", "newest", "exported"}

// take adds the rows of one page. One that cannot be read makes the whole answer unusable: a sum without it would be too low.
func (r *reader) take(rows []row, page *answer) ([]row, error) {
	if !page.Complete {
		return rows, nil
	}
	if len(page.Schema.Fields) != len(names) {
		return nil, r.unread("the answer has other columns than were asked for")
	}
	for i, f := range page.Schema.Fields {
		if f.Name != names[i] {
			return nil, r.unread("the answer has other columns than were asked for")
		}
	}
	if len(rows)+len(page.Rows) > billing.MostLines {
		return nil, r.unread("it has more rows than are kept")
	}
	for _, got := range page.Rows {
		if len(got.Cells) != len(names) {
			return nil, r.unread("a row has other columns than are named")
		}
		cell := func(name string) json.RawMessage { return got.Cells[slices.Index(names, name)].V }
		one, ok := rowOf(cell)
		if !ok {
			return nil, r.unread("a row has no readable amount, currency or date")
		}
		rows = append(rows, one)
	}
	return rows, nil
}

// rowOf reads a row: every cell is a text or null.
func rowOf(cell func(string) json.RawMessage) (row, bool) {
	word := func(name string) string {
		var s string
		_ = json.Unmarshal(cell(name), &s) // what is no text is none
		return s
	}
	out := row{sku: word("sku"), project: word("project"), region: word("region"), kind: word("kind"), unit: word("unit")}
	day, ok1 := moment(cell("day"))
	newest, ok2 := moment(cell("newest"))
	exported, ok3 := moment(cell("exported"))
	out.day, out.newest, out.exported = day, newest, exported
	cost, ok4 := billing.ExactJSON(cell("cost"))
	money := bills.Money(fleet.Maybe[decimal.Decimal]{V: cost, OK: ok4}, word("currency"))
	out.cost = money.V
	credit, ok5 := billing.ExactJSON(cell("credit"))
	out.credit = credit
	if n, ok := billing.ExactJSON(cell("amount")); ok {
		out.amount = fleet.Some(n)
	}
	return out, ok1 && ok2 && ok3 && money.OK && ok5
}

// moment reads seconds since 1970.
func moment(raw json.RawMessage) (time.Time, bool) {
	d, ok := billing.ExactJSON(raw)
	if !ok || !d.IsInteger() || !d.IsPositive() || d.GreaterThan(decimal.New(1, 11)) {
		return time.Time{}, false
	}
	return time.Unix(d.IntPart(), 0).UTC(), true
}

// reading makes lines of rows. The newest day ends where the newest use does.
func (r *reader) reading(asked fleet.Span, rows []row, p fleet.Partial) fleet.Partial {
	p.At = r.clock.Now()
	newest, exported := time.Time{}, time.Time{}
	for i := range rows {
		newest, exported = latest(newest, rows[i].newest), latest(exported, rows[i].exported)
	}
	var lines []fleet.BillLine
	for i := range rows {
		lines = append(lines, rows[i].lines(newest, p.At)...)
	}
	p.Bill = billing.Sealed([]fleet.Stream{fleet.StreamBilled}, asked, lines, p.At, lag)
	p.Bill.Calls = 1
	if !exported.IsZero() {
		p.Bill.Refreshed = fleet.Some(exported)
	}
	r.back.Done(p.At)
	return p
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// lines are what a row says: its cost, with the credits that belong to it beside.
func (w *row) lines(newest, now time.Time) []fleet.BillLine {
	line := fleet.BillLine{Stream: fleet.StreamBilled, Span: billing.DayUntil(w.day, newest), Item: fleet.Label(w.sku),
		Unit: fleet.Label(w.unit), Cost: fleet.Some(w.cost), Charge: chargeOf(w.kind), Project: w.project, Region: w.region,
		Estimated: !billing.Settled(w.day, now, bills.LateDays)}
	if line.IsUsage() {
		line.Use, line.Tier, line.Model = meterwords.Kind(w.sku), meterwords.Tier(w.sku), modelOf(w.sku)
		line.Quantity = w.counted(line.Use)
	}
	back := fleet.NewMoney(w.credit, w.cost.Currency())
	switch {
	case w.credit.IsNegative():
		line.Credit = fleet.Some(back)
	case w.credit.IsPositive(): // a credit that was taken back
		more := line
		more.Charge, more.Cost = fleet.ChargeAdjustment, fleet.Some(back)
		more.Quantity, more.Use = fleet.None[decimal.Decimal](), fleet.UseUnknown
		return []fleet.BillLine{line, more}
	}
	return []fleet.BillLine{line}
}

// counted is how much was used, where the unit is one that is known to count tokens.
func (w *row) counted(use fleet.UsageKind) fleet.Maybe[decimal.Decimal] {
	if use == fleet.UseUnknown || use.IsTokens() && (w.unit == "count" || w.unit == "tokens") {
		return w.amount
	}
	return fleet.None[decimal.Decimal]()
}

func chargeOf(kind string) fleet.Charge {
	switch kind {
	case "regular":
		return fleet.ChargeUsage
	case "tax":
		return fleet.ChargeTax
	default: // adjustment, rounding_error
		return fleet.ChargeAdjustment
	}
}

// Words of SKUs: those that begin the name of a model, and those that end it.
var (
	families = []string{"gemini", "claude", "llama", "mistral", "codestral", "gemma", "imagen", "veo", "lyria", "chirp", "deepseek", "qwen"}
	ends     = []string{"ga", "text", "native", "short", "long", "predictions", "character", "characters", "token", "tokens", "count",
		"for", "on", "per", "-", "online", "live", "tuning", "multimodal"}
)

// modelOf is the model as a SKU names it; "" where it names none.
func modelOf(sku string) fleet.ModelName {
	fields := strings.Fields(sku)
	for i, f := range fields {
		if slices.Contains(families, strings.ToLower(f)) {
			rest := strings.Join(fields[i:], " ")
			if name := billing.Before(rest, ends...); name != "" {
				return fleet.ModelName(name)
			}
			return fleet.ModelName(rest)
		}
	}
	return ""
}
