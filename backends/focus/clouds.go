package focus

import (
	"errors"
	"regexp"
	"strings"

	"pitwall/backends/internal/billfolder"
	"pitwall/backends/internal/meterwords"
	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// costExplorer recognises what the page of AWS Cost Explorer downloads: a row a day or month, a column a service or type of
// usage, the currency behind its name in parentheses.
func (r rules) costExplorer(h sheet.Head) (billfolder.Table, error) {
	total := regexp.MustCompile(`^Total costs\s*\(([^)]+)\)$`)
	var money string
	for _, n := range h.Names {
		if m := total.FindStringSubmatch(n); m != nil {
			money = m[1]
		}
	}
	if money == "" || h.Len() < 2 {
		return nil, nil
	}
	x := &costExplorer{rules: r, money: money}
	if money == "$" {
		x.money = fleet.USD
	}
	dropped := 0
	for i, n := range h.Names[1:] {
		name := strings.TrimSuffix(n, "("+money+")")
		if strings.HasPrefix(n, "Total costs") || name == n {
			continue
		}
		provider, mapped := r.parties.of(name, "Amazon Web Services")
		if !r.all && !mapped && !ofModels(name) {
			dropped++
			continue
		}
		x.columns = append(x.columns, costColumn{column: sheet.Column(i + 2), name: name, provider: provider})
	}
	if dropped > 0 && len(x.columns) == 0 {
		return nil, errors.New("none of its columns is a service of models: group by usage type, or set the option services to all")
	}
	x.dropped = dropped
	return x, nil
}

type costColumn struct {
	column   sheet.Column
	name     string
	provider fleet.ProviderID
}

type costExplorer struct {
	rules
	money   string
	columns []costColumn
	dropped int
	rows    []costRow // until their grain is known
}

type costRow struct {
	at      sheet.Moment
	amounts []sheet.Amount
}

func (x *costExplorer) Title() string { return "AWS Cost Explorer" }

func (x *costExplorer) Row(row [][]byte, _ *sheet.Tally) error {
	at, ok := sheet.ParseMoment(row[0])
	if !ok {
		if strings.HasSuffix(string(row[0]), " total") { // the first row, which sums the others up
			return nil
		}
		return errDate
	}
	r := costRow{at: at, amounts: make([]sheet.Amount, len(x.columns))}
	for i, c := range x.columns {
		if r.amounts[i], ok = sheet.ParseAmount(c.column.Of(row)); !ok {
			return errAmount
		}
	}
	if len(x.rows) >= maxDays {
		return sheet.ErrManySums
	}
	x.rows = append(x.rows, r)
	return nil
}

// maxDays is more than Cost Explorer keeps.
const maxDays = 5000

// errGrain is a table of one row, on the first of a month.
var errGrain = errors.New("its only date may be a day or a month: export two at least")

// End finds out whether the rows are days or months, and adds them.
func (x *costExplorer) End(tally *sheet.Tally) error {
	months := true
	for _, r := range x.rows {
		months = months && r.at.Day && r.at.Time().Day() == 1
	}
	if months && len(x.rows) == 1 {
		return errGrain
	}
	for _, r := range x.rows {
		to := r.at.End()
		if months {
			to = r.at.Time().AddDate(0, 1, 0).Unix()
		}
		tally.Covered(sheet.Party{Stream: fleet.StreamBilled}, r.at.Unix, to)
		for i, c := range x.columns {
			if err := x.add(tally, r.at.Unix, to, c, r.amounts[i]); err != nil {
				return err
			}
		}
	}
	if x.dropped > 0 {
		tally.Left["a day of other services, in columns of their own, left out"] = x.dropped
	}
	return nil
}

func (x *costExplorer) add(tally *sheet.Tally, from, to int64, c costColumn, cost sheet.Amount) error {
	if !cost.OK {
		return nil
	}
	k := sheet.Key{From: from, To: to, Stream: fleet.StreamBilled, Charge: fleet.ChargeUsage, Provider: tally.Text(string(c.provider)),
		Item: tally.Text(c.name), Use: meterwords.Kind(c.name), Tier: tally.Text(meterwords.Tier(c.name)), Currency: tally.Text(x.money)}
	if c.name == "Tax" {
		k.Charge = fleet.ChargeTax
	}
	if m, ok := strings.CutSuffix(c.name, bedrockEdition); ok {
		k.Model = tally.Text(strings.TrimSpace(m))
	} else {
		k.Model = tally.Text(x.rules.modelIn(c.name))
	}
	return tally.Add(k, sheet.Amount{}, cost, sheet.Amount{})
}

// azure recognises the cost exports of Azure: usage details of all kinds of agreements, and tables of its cost analysis.
func (r rules) azure(h sheet.Head) (billfolder.Table, error) {
	date := h.Column("UsageDateTime", "UsageDate", "Date")
	cost := h.Column("CostInBillingCurrency", "PreTaxCost", "Cost")
	money := h.Column("BillingCurrencyCode", "BillingCurrency", "Currency")
	if date == 0 || cost == 0 || money == 0 || !h.Has("MeterCategory") && !h.Has("Meter") && !h.Has("ServiceName") {
		return nil, nil
	}
	return &azure{rules: r, timed: timed{from: date}, cost: cost, currency: money,
		service: h.Column("ConsumedService", "ServiceName"), category: h.Column("MeterCategory", "ServiceName"),
		sub: h.Column("MeterSubCategory"), meter: h.Column("MeterName", "Meter"), account: h.Column("BillingAccountId"),
		project: h.Column("SubscriptionId", "SubscriptionGuid"), region: h.Column("ResourceLocation"), kind: h.Column("ChargeType"),
		quantity: h.Column("Quantity", "UsageQuantity"), unit: h.Column("UnitOfMeasure"), publisher: h.Column("PublisherName")}, nil
}

type azure struct {
	rules
	timed
	cost, currency, service, category, sub, meter, account, project, region, kind, quantity, unit, publisher sheet.Column
}

func (x *azure) Title() string          { return "Azure costs" }
func (x *azure) End(*sheet.Tally) error { return nil }

// azureCharges are Azure's types of charges that are no usage.
var azureCharges = map[string]fleet.Charge{"usage": fleet.ChargeUsage, "": fleet.ChargeUsage, "purchase": fleet.ChargePurchase,
	"tax":    fleet.ChargeTax,
	"refund": fleet.ChargeCredit, "adjustment": fleet.ChargeAdjustment, "roundingadjustment": fleet.ChargeAdjustment}

func (x *azure) Row(row [][]byte, tally *sheet.Tally) error {
	from, to, err := x.of(row)
	if err != nil {
		return err
	}
	cost, ok := sheet.ParseAmount(x.cost.Of(row))
	if !ok || !cost.OK {
		return errAmount
	}
	k := sheet.Key{From: from, To: to, Stream: fleet.StreamBilled}
	if k.Currency, ok = currency(tally, x.currency.Of(row)); !ok {
		return errCurrency
	}
	if k.Charge, ok = azureCharges[strings.ToLower(string(x.kind.Of(row)))]; !ok {
		k.Charge = fleet.ChargeAdjustment
	}
	category, sub, meter := string(x.category.Of(row)), string(x.sub.Of(row)), string(x.meter.Of(row))
	provider, mapped := x.parties.of(category, string(x.service.Of(row)), "Azure OpenAI", string(x.publisher.Of(row)))
	if !x.all && !mapped && !ofModels(category, sub, string(x.service.Of(row))) {
		tally.Left["of other services, left out: the option services: all takes them"]++
		return nil
	}
	said := strings.TrimSpace(sub + " " + meter)
	k.Provider, k.Item, k.Model = tally.Text(string(provider)), tally.Text(said), tally.Text(x.modelIn(said))
	k.Account, k.Project, k.Region = tally.Word(x.account.Of(row)), tally.Word(x.project.Of(row)), tally.Word(x.region.Of(row))
	k.Tier = tally.Text(meterwords.Tier(said))
	quantity, _ := sheet.ParseAmount(x.quantity.Of(row))
	use := meterwords.Kind(meter)
	if kind, factor, known := meterwords.Unit(string(x.unit.Of(row)), use); known {
		k.Use, quantity = kind, quantity.Times(factor)
	} else if k.Use = use; use != fleet.UseUnknown {
		quantity = sheet.Amount{}
	} else {
		k.Unit = tally.Word(x.unit.Of(row))
	}
	return tally.Add(k, quantity, cost, sheet.Amount{})
}
