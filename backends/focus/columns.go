package focus

import (
	"errors"
	"fmt"

	"pitwall/backends/internal/billfolder"
	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// table reads rows of FOCUS, by the names of its columns, so that neither their order nor further ones matter.
type table struct {
	rules
	title                                   string
	from, to, cost, list, currency          sheet.Column
	billed, effective                       sheet.Column // to tell that one of them says nothing of a row
	category, class                         sheet.Column
	provider, publisher                     [2]sheet.Column // as 1.2 calls them, and as 1.3 does
	service, kind                           sheet.Column
	account, project, region                sheet.Column
	meter, sku, price, details, description sheet.Column
	consumed, consumedUnit                  sheet.Column
	priced, pricedUnit                      sheet.Column
	model, provenance, use                  sheet.Column
	skus                                    map[words]*sku
	prepaid                                 int
}

// signs are columns by which a table is known to be FOCUS even where one that is needed is absent.
var signs = []string{"BilledCost", "EffectiveCost", "ChargePeriodStart", "ChargePeriodEnd", "BillingCurrency", "ChargeCategory",
	"ServiceCategory", "BillingPeriodStart"}

// focus recognises a table of FOCUS.
func (r rules) focus(h sheet.Head) (billfolder.Table, error) {
	found := 0
	for _, s := range signs {
		if h.Has(s) {
			found++
		}
	}
	if found < 4 {
		return nil, nil
	}
	paid := "BilledCost"
	if r.effective {
		paid = "EffectiveCost"
	}
	for _, s := range []string{paid, "BillingCurrency", "ChargePeriodStart"} {
		if !h.Has(s) {
			return nil, fmt.Errorf("it looks like FOCUS and has no column %s, without which no row says what was paid when", s)
		}
	}
	if r.model != "" && !h.Has(r.model) {
		return nil, errors.New("it has no column of the name that the option " + OptionModel + " gives")
	}
	t := &table{rules: r, title: "FOCUS " + version(h), skus: map[words]*sku{}}
	t.from, t.to = h.Column("ChargePeriodStart"), h.Column("ChargePeriodEnd")
	t.cost, t.list, t.currency = h.Column(paid), h.Column("ListCost"), h.Column("BillingCurrency")
	t.billed, t.effective = h.Column("BilledCost"), h.Column("EffectiveCost")
	t.category, t.class = h.Column("ChargeCategory"), h.Column("ChargeClass")
	t.provider = [2]sheet.Column{h.Column("ProviderName"), h.Column("ServiceProviderName")}
	t.publisher = [2]sheet.Column{h.Column("PublisherName"), h.Column("HostProviderName")}
	t.service, t.kind = h.Column("ServiceName"), h.Column("ServiceCategory")
	t.account, t.project = h.Column("BillingAccountId"), h.Column("SubAccountId")
	t.region = h.Column("RegionId", "Region")
	t.meter, t.sku, t.price = h.Column("SkuMeter", "x_SkuMeterName"), h.Column("SkuId"), h.Column("SkuPriceId")
	t.details, t.description = h.Column("SkuPriceDetails", "x_SkuDetails"), h.Column("ChargeDescription")
	t.consumed, t.consumedUnit = h.Column("ConsumedQuantity"), h.Column("ConsumedUnit")
	t.priced, t.pricedUnit = h.Column("PricingQuantity"), h.Column("PricingUnit")
	t.model, t.provenance, t.use = h.Column(r.model, "x_Model"), h.Column("x_Provenance"), h.Column("x_TokenKind")
	return t, nil
}

// version is the oldest version that has all columns of a table. Files do not say theirs.
func version(h sheet.Head) string {
	switch {
	case h.Has("ServiceProviderName"), h.Has("HostProviderName"), h.Has("AllocatedMethodId"), h.Has("ContractApplied"):
		return "1.3"
	case h.Has("InvoiceId"), h.Has("PricingCurrency"), h.Has("BillingAccountType"), h.Has("SubAccountType"):
		return "1.2"
	case h.Has("SkuMeter"), h.Has("SkuPriceDetails"), h.Has("ServiceSubcategory"), h.Has("CapacityReservationId"),
		h.Has("CommitmentDiscountQuantity"):
		return "1.1"
	default:
		return "1.0"
	}
}

// Title says which version it is.
func (t *table) Title() string { return t.title }

// What is wrong with a row.
var (
	errFrom     = errors.New("its ChargePeriodStart is no time")
	errTo       = errors.New("its ChargePeriodEnd is no time, or not after its start")
	errCost     = errors.New("its cost is no number")
	errCurrency = errors.New("its BillingCurrency is no code of a currency")
	errCategory = errors.New("its ChargeCategory is none that FOCUS knows")
)

// Row adds one row.
func (t *table) Row(row [][]byte, tally *sheet.Tally) error {
	cost, ok := sheet.ParseAmount(t.cost.Of(row))
	if !ok {
		return errCost
	}
	from, to, err := t.period(row)
	if err != nil {
		return err
	}
	k := sheet.Key{From: from, To: to, Stream: t.stream(t.provenance.Of(row))}
	if k.Charge, ok = charge(t.category.Of(row), t.class.Of(row)); !ok {
		return errCategory
	}
	if k.Currency, ok = currency(tally, t.currency.Of(row)); !ok {
		return errCurrency
	}
	s := t.know(t.words(row, tally), tally)
	if s.left {
		tally.Left["of other services, left out: the option services: all takes them"]++
		return nil
	}
	k.Provider, k.Model, k.Item, k.Tier = s.provider, s.model, s.item, s.tier
	k.Account, k.Project = tally.Word(t.account.Of(row)), tally.Word(t.project.Of(row))
	k.Region = tally.Word(t.region.Of(row))
	quantity := sheet.Amount{}
	if k.Charge == fleet.ChargeUsage {
		k.Use, quantity, k.Unit = t.quantity(row, s)
		if cost.Zero() && t.otherwise(row) {
			t.prepaid++
		}
	}
	if !cost.OK {
		if k.Charge != fleet.ChargeUsage {
			return errCost
		}
		tally.Left["without a cost: what was paid is unknown, not zero"]++
		k.Unpriced, k.Currency = true, 0
	}
	list, _ := sheet.ParseAmount(t.list.Of(row))
	if list.Zero() && !cost.Zero() {
		list = sheet.Amount{} // not said: some write 0 for what has no list price
	}
	return tally.Add(k, quantity, cost, list)
}

// End says what was paid otherwise.
func (t *table) End(tally *sheet.Tally) error {
	if t.prepaid > 0 {
		other := "free by BilledCost and not by EffectiveCost, being paid by a commitment or to a third party: see the option cost"
		if t.rules.effective {
			other = "free by EffectiveCost and not by BilledCost, paying for other rows"
		}
		tally.Left[other] = t.prepaid
	}
	return nil
}

// otherwise tells whether the other of the two costs is not zero.
func (t *table) otherwise(row [][]byte) bool {
	other := t.effective
	if t.rules.effective {
		other = t.billed
	}
	a, _ := sheet.ParseAmount(other.Of(row))
	return a.OK && !a.Zero()
}

func (t *table) period(row [][]byte) (from, to int64, err error) {
	start, ok := sheet.ParseMoment(t.from.Of(row))
	if !ok {
		return 0, 0, errFrom
	}
	field := t.to.Of(row)
	if len(field) == 0 {
		return start.Unix, start.End(), nil
	}
	end, ok := sheet.ParseMoment(field)
	if !ok || end.Unix <= start.Unix {
		return 0, 0, errTo
	}
	return start.Unix, end.Unix, nil
}

// stream is the one that pitwall's own export names; bills of others are billed.
func (t *table) stream(provenance []byte) fleet.Stream {
	switch s := fleet.Stream(provenance); s {
	case fleet.StreamMetered, fleet.StreamReported, fleet.StreamCapacity:
		return s
	default:
		return fleet.StreamBilled
	}
}

// charge is what a row is. A correction of an earlier bill is no use, whatever it corrects.
func charge(category, class []byte) (fleet.Charge, bool) {
	correction := string(class) == "Correction"
	switch string(category) {
	case "Usage", "":
		if correction {
			return fleet.ChargeAdjustment, true
		}
		return fleet.ChargeUsage, true
	case "Purchase":
		if correction {
			return fleet.ChargeAdjustment, true
		}
		return fleet.ChargePurchase, true
	case "Tax":
		return fleet.ChargeTax, true
	case "Credit":
		return fleet.ChargeCredit, true
	case "Adjustment":
		return fleet.ChargeAdjustment, true
	default:
		return "", false
	}
}
