package awscosts

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/meterwords"
	"pitwall/fleet"
)

// answer is one page of GetCostAndUsage.
type answer struct {
	Days *[]day `json:"ResultsByTime"`
	Next string `json:"NextPageToken"`
}

type day struct {
	Period struct {
		Start, End string
	} `json:"TimePeriod"`
	Groups []struct {
		Keys    []string          `json:"Keys"`
		Metrics map[string]metric `json:"Metrics"`
	} `json:"Groups"`
	Estimated bool `json:"Estimated"`
}

// metric is an amount: always a text.
type metric struct{ Amount, Unit string }

// lines are the rows of models. AWS calls every day of a month estimated until the month is closed: a day that is not read again is
// not. A row that cannot be read makes the whole answer unusable: a sum without it would be too low.
func (r *reader) lines(q query, days []day) ([]fleet.BillLine, error) {
	now := r.clock.Now()
	var lines []fleet.BillLine
	for i := range days {
		d := &days[i]
		start, err := time.Parse(time.DateOnly, d.Period.Start)
		if err != nil {
			return nil, r.unread("a day has no date")
		}
		span := billing.DayUntil(start, now)
		for j := range d.Groups {
			g := &d.Groups[j]
			if len(g.Keys) != 2 {
				return nil, r.unread("a row has other keys than were asked for")
			}
			if !r.isModels(g.Keys[0]) {
				continue
			}
			cost := g.Metrics["UnblendedCost"].money()
			if !cost.OK {
				return nil, r.unread("the amount of a row is no number, or has no currency")
			}
			line := fleet.BillLine{Stream: fleet.StreamBilled, Span: span, Cost: cost,
				Estimated: d.Estimated && !billing.Settled(start, now, bills.LateDays)}
			if q.usage {
				used(&line, g.Keys[0], g.Keys[1], g.Metrics["UsageQuantity"])
			} else {
				apart(&line, g.Keys[0], g.Keys[1])
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func (m metric) money() fleet.Maybe[fleet.Money] {
	d, ok := bills.Parse(m.Amount)
	return bills.Money(fleet.Maybe[decimal.Decimal]{V: d, OK: ok}, m.Unit)
}

// isModels tells the services of models: "Amazon Bedrock", and one for each model that the Marketplace bills, such as
// "Claude Sonnet 4.6 (Amazon Bedrock Edition)".
func (r *reader) isModels(service string) bool {
	service = strings.ToLower(service)
	return slices.ContainsFunc(r.names, func(name string) bool { return strings.Contains(service, name) })
}

// used fills in what a row of usage says. What the Marketplace calls "Units" is a thousand tokens of one model and a million of
// another: how much it was is unknown.
func used(line *fleet.BillLine, service, kind string, quantity metric) {
	region, rest := regionOf(kind)
	line.Item, line.Region, line.Charge = fleet.Label(service+": "+kind), region, fleet.ChargeUsage
	line.Use, line.Tier, line.Model = meterwords.Kind(rest), meterwords.Tier(rest), modelOf(service, rest)
	line.Unit = fleet.Label(quantity.Unit)
	n, ok := bills.Parse(quantity.Amount)
	if use, factor, known := meterwords.Unit(quantity.Unit, line.Use); ok && known {
		line.Use, line.Quantity = use, fleet.Some(n.Mul(factor))
	} else if ok && line.Use == fleet.UseUnknown {
		line.Quantity = fleet.Some(n)
	}
}

// apart fills in what a row that is no usage says. It is money of the model all the same, and never burn.
func apart(line *fleet.BillLine, service, record string) {
	line.Item = fleet.Label(service + ": " + record)
	line.Model = modelOf(service, "")
	switch kind := strings.ToLower(record); {
	case strings.Contains(kind, "tax"):
		line.Charge = fleet.ChargeTax
	case strings.Contains(kind, "credit"):
		line.Charge = fleet.ChargeCredit
	case strings.Contains(kind, "fee"), strings.Contains(kind, "upfront"):
		line.Charge = fleet.ChargePurchase
	default: // refunds and discounts, and what is new
		line.Charge = fleet.ChargeAdjustment
	}
}

// edition is how the Marketplace names the models that it bills.
var edition = regexp.MustCompile(`^(.+?) *\((?:Amazon )?Bedrock Edition\)$`)

// joined are words that types of usage write in one: "Nova2Lite" is "Nova 2 Lite".
var joined = []*regexp.Regexp{regexp.MustCompile(`([a-z])([A-Z0-9])`), regexp.MustCompile(`(\d)([A-Z][a-z])`)}

// modelOf is the model as the bill names it: in the service where the Marketplace bills it, else in the type of usage before
// the words of what was used.
func modelOf(service, kind string) fleet.ModelName {
	if found := edition.FindStringSubmatch(service); found != nil {
		return fleet.ModelName(found[1])
	}
	kind = strings.ReplaceAll(kind, "-", " ")
	for _, re := range joined {
		kind = re.ReplaceAllString(kind, "$1 $2")
	}
	return fleet.ModelName(billing.Before(kind))
}

// place begins a type of usage: "USE1-", and behind it, of the Marketplace, "MP:USE1_".
var place = regexp.MustCompile(`^([A-Z]{2,4}\d?)-(?:MP:(?:[A-Z]{2,4}\d?_)?)?`)

// regionOf parts the place from a type of usage.
func regionOf(kind string) (region, rest string) {
	found := place.FindStringSubmatch(kind)
	if found == nil {
		return "", kind
	}
	return regions[found[1]], kind[len(found[0]):]
}

// regions are the places of bills.
var regions = map[string]string{
	"USE1": "us-east-1", "USE2": "us-east-2", "USW1": "us-west-1", "USW2": "us-west-2", "UGW1": "us-gov-west-1", "UGE1": "us-gov-east-1",
	"EU": "eu-west-1", "EUW1": "eu-west-1", "EUW2": "eu-west-2", "EUW3": "eu-west-3", "EUC1": "eu-central-1", "EUC2": "eu-central-2",
	"EUN1": "eu-north-1", "EUS1": "eu-south-1", "EUS2": "eu-south-2", "CAN1": "ca-central-1", "SAE1": "sa-east-1",
	"APN1": "ap-northeast-1", "APN2": "ap-northeast-2", "APN3": "ap-northeast-3", "APS1": "ap-southeast-1", "APS2": "ap-southeast-2",
	"APS3": "ap-south-1", "APE1": "ap-east-1", "MES1": "me-south-1", "MEC1": "me-central-1", "AFS1": "af-south-1", "ILC1": "il-central-1",
}
