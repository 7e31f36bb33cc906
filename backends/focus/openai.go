package focus

import (
	"bytes"
	"errors"

	"pitwall/backends/internal/billfolder"
	"pitwall/backends/internal/meterwords"
	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// What is wrong with a row of an export.
var (
	errDate   = errors.New("its date is none")
	errAmount = errors.New("its amount is no number")
	errCount  = errors.New("one of its counts is no number")
)

// timed reads the time of a row: two columns, or one whose end follows from how it is written.
type timed struct{ from, to sheet.Column }

func (c timed) of(row [][]byte) (from, to int64, err error) {
	start, ok := sheet.ParseMoment(c.from.Of(row))
	if !ok {
		return 0, 0, errDate
	}
	if field := c.to.Of(row); len(field) > 0 {
		end, ok := sheet.ParseMoment(field)
		if !ok || end.Unix <= start.Unix {
			return 0, 0, errDate
		}
		return start.Unix, end.Unix, nil
	}
	return start.Unix, start.End(), nil
}

// openAICosts recognises the export of costs of OpenAI's usage page: days, of which empty ones have a row too.
func (r rules) openAICosts(h sheet.Head) (billfolder.Table, error) {
	if !h.Has("start_time_iso", "amount_value", "amount_currency") {
		return nil, nil
	}
	return &openAICosts{rules: r, timed: timed{h.Column("start_time_iso"), h.Column("end_time_iso")}, amount: h.Column("amount_value"),
		currency: h.Column("amount_currency"), item: h.Column("line_item"), quantity: h.Column("quantity"), unit: h.Column("quantity_unit"),
		project: h.Column("project_id"), org: h.Column("organization_id"), key: h.Column("api_key_id")}, nil
}

type openAICosts struct {
	rules
	timed
	amount, currency, item, quantity, unit, project, org, key sheet.Column
}

func (x *openAICosts) Title() string          { return "OpenAI costs" }
func (x *openAICosts) End(*sheet.Tally) error { return nil }

func (x *openAICosts) Row(row [][]byte, tally *sheet.Tally) error {
	from, to, err := x.of(row)
	if err != nil {
		return err
	}
	cost, ok := sheet.ParseAmount(x.amount.Of(row))
	if !ok {
		return errAmount
	}
	if !cost.OK {
		tally.Covered(sheet.Party{Stream: fleet.StreamBilled, Provider: x.rules.whose(tally, "OpenAI")}, from, to)
		return nil
	}
	k := sheet.Key{From: from, To: to, Stream: fleet.StreamBilled, Charge: fleet.ChargeUsage}
	if k.Currency, ok = currency(tally, x.currency.Of(row)); !ok {
		return errCurrency
	}
	item := x.item.Of(row)
	kind := item
	if i := bytes.LastIndexByte(item, ','); i >= 0 {
		k.Model, kind = tally.Word(bytes.TrimSpace(item[:i])), item[i+1:]
	}
	k.Use, k.Item, k.Tier = meterwords.Kind(string(kind)), tally.Word(item), tally.Text(meterwords.Tier(string(item)))
	k.Provider, k.Account, k.Project = x.rules.whose(tally, "OpenAI"), tally.Word(x.org.Of(row)), tally.Word(x.project.Of(row))
	k.API = tally.Word(x.key.Of(row))
	quantity, _ := sheet.ParseAmount(x.quantity.Of(row))
	if use, factor, known := meterwords.Unit(string(x.unit.Of(row)), k.Use); known {
		k.Use, quantity = use, quantity.Times(factor)
	} else if k.Use != fleet.UseUnknown {
		quantity = sheet.Amount{}
	} else {
		k.Unit = tally.Word(x.unit.Of(row))
	}
	return tally.Add(k, quantity, cost, sheet.Amount{})
}

// whose is the provider of an export that only one provider makes.
func (r rules) whose(tally *sheet.Tally, name string) sheet.Word {
	id, _ := r.parties.of(name)
	return tally.Text(string(id))
}

// counts reads columns of numbers of use, one of which may be contained in another.
type counts []struct {
	column sheet.Column
	use    fleet.UsageKind
	less   []sheet.Column // what it contains of other columns
}

// add adds each count that a row has as a line of what the provider reports.
func (c counts) add(row [][]byte, k sheet.Key, tally *sheet.Tally) error {
	for _, x := range c {
		n, ok := sheet.ParseAmount(x.column.Of(row))
		if !ok || n.Negative() {
			return errCount
		}
		if !n.OK || n.Zero() {
			continue
		}
		d := n.Decimal()
		for _, l := range x.less {
			part, ok := sheet.ParseAmount(l.Of(row))
			if !ok {
				return errCount
			}
			d = d.Sub(part.Decimal())
		}
		if d.Sign() <= 0 {
			continue
		}
		k.Use = x.use
		if err := tally.Add(k, sheet.AmountOf(d), sheet.Amount{}, sheet.Amount{}); err != nil {
			return err
		}
	}
	return nil
}

// openAIUsage recognises the export of usage of completions.
func (r rules) openAIUsage(h sheet.Head) (billfolder.Table, error) {
	if !h.Has("start_time_iso", "input_tokens", "output_tokens", "num_model_requests") {
		return nil, nil
	}
	cached, written := h.Column("input_cached_tokens"), h.Column("input_cache_write_tokens")
	x := &usage{title: "OpenAI usage", rules: r, provider: "OpenAI", timed: timed{h.Column("start_time_iso"), h.Column("end_time_iso")},
		model: h.Column("model"), project: h.Column("project_id"), key: h.Column("api_key_id"), tier: h.Column("service_tier"),
		batch: h.Column("batch")}
	x.counts = counts{
		{column: h.Column("input_tokens"), use: fleet.UseInput, less: []sheet.Column{cached, written}},
		{column: cached, use: fleet.UseCacheRead}, {column: written, use: fleet.UseCacheWrite5m},
		{column: h.Column("output_tokens"), use: fleet.UseOutput}, {column: h.Column("num_model_requests"), use: fleet.UseRequests},
	}
	return x, nil
}

// usage is an export that counts use and says no money.
type usage struct {
	rules
	timed
	title, provider              string
	account, model, project, key sheet.Column
	tier, batch, region          sheet.Column
	counts                       counts
}

func (x *usage) Title() string          { return x.title }
func (x *usage) End(*sheet.Tally) error { return nil }

func (x *usage) Row(row [][]byte, tally *sheet.Tally) error {
	from, to, err := x.of(row)
	if err != nil {
		return err
	}
	tally.Covered(sheet.Party{Stream: fleet.StreamReported, Provider: x.rules.whose(tally, x.provider)}, from, to)
	k := sheet.Key{From: from, To: to, Stream: fleet.StreamReported, Charge: fleet.ChargeUsage, Provider: x.rules.whose(tally, x.provider),
		Account: tally.Word(x.account.Of(row)), Model: tally.Word(x.model.Of(row)), Project: tally.Word(x.project.Of(row)),
		API: tally.Word(x.key.Of(row)), Region: tally.Word(x.region.Of(row))}
	k.Tier = tally.Word(x.tier.Of(row))
	if b := x.batch.Of(row); bytes.EqualFold(b, []byte("true")) || bytes.EqualFold(b, []byte("batch")) {
		k.Tier = tally.Text("batch")
	}
	return x.counts.add(row, k, tally)
}
