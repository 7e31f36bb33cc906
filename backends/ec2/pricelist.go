package ec2

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"pitwall/backends/internal/awsapi"
	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

const (
	// pricesEvery is how often a price of AWS's list is asked for: they change by the month.
	pricesEvery = 12 * time.Hour
	// mostPriced bounds the types of one read whose prices are asked for.
	mostPriced = 20
)

// priceList asks AWS's own list for prices on demand in one region, one type at a time.
type priceList struct {
	call   *awsapi.Call // nil where it is not configured
	region string

	mu    sync.Mutex
	known map[string]priced
}

// priced is the price of an hour of a type, and when it was asked for. A type that the list does not have is unknown until then.
type priced struct {
	of fleet.Maybe[fleet.Money]
	at time.Time
}

// openPriceList opens the list at OptionPricesURL with the credential of the source.
func openPriceList(spec fleet.SourceSpec, deps fleet.Deps, region string) (*priceList, error) {
	l := &priceList{region: region, known: map[string]priced{}}
	at := spec
	if at.URL = spec.Options[OptionPricesURL]; at.URL == "" {
		return l, nil
	}
	at.Options = nil
	home, err := awsapi.Region(at, "pricing", "us-east-1")
	if err != nil {
		return nil, err
	}
	l.call, err = awsapi.API{Address: at.URL, Service: "pricing", Region: home, Target: "AWSPriceListService.GetProducts", Version: "1.1"}.
		Open(at, deps)
	return l, err
}

// learn asks for the types whose price is not known or old.
func (l *priceList) learn(ctx context.Context, now time.Time, types []string) error {
	if l.call == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := 0
	for _, kind := range types {
		if k, ok := l.known[kind]; ok && now.Sub(k.at) < pricesEvery || asked == mostPriced || gpuOf(kind) == "" {
			continue
		}
		asked++
		price, err := l.ask(ctx, kind)
		if err != nil {
			return err
		}
		l.known[kind] = priced{price, now}
	}
	return nil
}

// of is the price of a type and when it was asked for.
func (l *priceList) of(kind string) (fleet.Maybe[fleet.Money], time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.known[kind]
	return k.of, k.at
}

// product is one of the list, which writes each as a text of JSON.
type product struct {
	Terms struct {
		OnDemand map[string]struct {
			Dimensions map[string]struct {
				Unit  string            `json:"unit"`
				Price map[string]string `json:"pricePerUnit"`
			} `json:"priceDimensions"`
		} `json:"OnDemand"`
	} `json:"terms"`
}

// ask is the price of an hour of Linux on a machine shared with others. Where the list gives several, none is taken.
func (l *priceList) ask(ctx context.Context, kind string) (fleet.Maybe[fleet.Money], error) {
	var filters []map[string]string
	for _, f := range [][2]string{{"instanceType", kind}, {"regionCode", l.region}, {"operatingSystem", "Linux"}, {"tenancy", "Shared"},
		{"preInstalledSw", "NA"}, {"capacitystatus", "Used"}, {"marketoption", "OnDemand"}} {
		filters = append(filters, map[string]string{"Type": "TERM_MATCH", "Field": f[0], "Value": f[1]})
	}
	var page struct {
		List []string `json:"PriceList"`
	}
	const most = 10
	if _, err := l.call.Do(ctx, map[string]any{"ServiceCode": "AmazonEC2", "FormatVersion": "aws_v1", "MaxResults": most, "Filters": filters},
		&page); err != nil {
		return fleet.None[fleet.Money](), err
	}
	found := fleet.None[fleet.Money]()
	for _, text := range page.List {
		var p product
		if json.Unmarshal([]byte(text), &p) != nil {
			continue
		}
		for _, price := range p.hourly() {
			if found.OK && (found.V.Currency() != price.Currency() || !found.V.Amount().Equal(price.Amount())) {
				return fleet.None[fleet.Money](), nil
			}
			found = fleet.Some(price)
		}
	}
	return found, nil
}

// hourly are the prices of an hour that a product has, which are above zero.
func (p *product) hourly() (out []fleet.Money) {
	for _, term := range p.Terms.OnDemand {
		for _, d := range term.Dimensions {
			for currency, said := range d.Price {
				code, known := bills.Currency(currency)
				amount := machines.Amount(said)
				if known && amount.OK && amount.V.IsPositive() && strings.HasPrefix(d.Unit, "H") {
					out = append(out, fleet.NewMoney(amount.V, code))
				}
			}
		}
	}
	return out
}
