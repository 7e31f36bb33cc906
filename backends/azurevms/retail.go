package azurevms

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// priceKey is what a retail price is of.
type priceKey struct {
	region, size string // in lower case
	pricing      fleet.Pricing
	windows      bool
}

// price is one of an hour, and when it was read.
type price struct {
	of fleet.Money
	at time.Time
}

// item is one row of the Retail Prices API.
type item struct {
	Currency string      `json:"currencyCode"`
	Retail   json.Number `json:"retailPrice"`
	Unit     string      `json:"unitOfMeasure"`
	Product  string      `json:"productName"`
	SKU      string      `json:"skuName"`
	Meter    string      `json:"meterName"`
	Type     string      `json:"type"`
}

// plain is what may stand in a filter.
var plain = regexp.MustCompile(`^[A-Za-z0-9_]{1,80}$`)

// retailPrices asks for the prices of the sizes that are in use. nil where no address is configured.
func (r *reader) retailPrices(ctx context.Context, all []vm) (map[priceKey]price, error) {
	if r.retail == nil {
		return nil, nil
	}
	out, asked := map[priceKey]price{}, map[[2]string]bool{}
	for i := range all {
		region, size := strings.ToLower(all[i].Location), all[i].Properties.Hardware.Size
		key := [2]string{region, strings.ToLower(size)}
		if asked[key] || len(asked) == mostPriced || !plain.MatchString(region) || !plain.MatchString(size) {
			continue
		}
		asked[key] = true
		filter := "armRegionName eq '" + region + "' and armSkuName eq '" + size + "' and priceType eq 'Consumption'"
		reply, err := r.retail.Do(ctx, http.MethodGet, "/api/retail/prices?"+url.Values{"$filter": {filter}}.Encode(), nil)
		if err != nil {
			return nil, err
		}
		var page struct {
			Items *[]item `json:"Items"`
		}
		if err := reply.JSON(&page); err != nil {
			return nil, err
		}
		if page.Items == nil {
			return nil, r.Invalid("the answer holds no prices; check option " + OptionPricesURL)
		}
		for _, x := range *page.Items {
			x.into(out, key, r.Clock.Now())
		}
	}
	return out, nil
}

// into keeps a price of an hour in dollars.
func (x *item) into(out map[priceKey]price, key [2]string, now time.Time) {
	p := machines.Dollars(x.Retail)
	if !p.OK || !p.V.Amount().IsPositive() || x.Currency != fleet.USD || x.Unit != "1 Hour" ||
		x.Type != "Consumption" || strings.Contains(x.Meter+x.SKU, "Low Priority") ||
		strings.Contains(strings.ReplaceAll(x.Product, " ", ""), "CloudServices") { // another service, on machines of the same size
		return
	}
	pricing := fleet.PricingOnDemand
	if strings.Contains(x.Meter, "Spot") || strings.Contains(x.SKU, "Spot") {
		pricing = fleet.PricingSpot
	}
	out[priceKey{key[0], key[1], pricing, strings.Contains(x.Product, "Windows")}] = price{p.V, now}
}
