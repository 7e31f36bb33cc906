package ec2

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/awsrig"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func reservationsOf(items ...string) string {
	return `<DescribeCapacityReservationsResponse><capacityReservationSet><item>` + strings.Join(items, "</item><item>") +
		`</item></capacityReservationSet></DescribeCapacityReservationsResponse>`
}

const (
	unusedItem = `<capacityReservationId>cr-2</capacityReservationId><reservationType>default</reservationType><instanceType>p5.48xlarge</instanceType>
 <availabilityZone>eu-central-1a</availabilityZone><state>active</state><totalInstanceCount>3</totalInstanceCount><availableInstanceCount>2</availableInstanceCount>
 <commitmentInfo><commitmentEndDate>2027-01-31T00:00:00.000Z</commitmentEndDate></commitmentInfo>`
	comingItem = `<capacityReservationId>cr-3</capacityReservationId><reservationType>capacity-block</reservationType><instanceType>p5en.48xlarge</instanceType>
 <state>scheduled</state><totalInstanceCount>4</totalInstanceCount><availableInstanceCount>0</availableInstanceCount>
 <startDate>2026-11-24T11:30:00.000Z</startDate><endDate>2026-11-25T11:30:00.000Z</endDate>`
	usedItem = `<capacityReservationId>cr-1</capacityReservationId><reservationType>default</reservationType><instanceType>p5en.48xlarge</instanceType>
 <state>active</state><totalInstanceCount>1</totalInstanceCount><availableInstanceCount>0</availableInstanceCount><endDate>2026-11-22T12:00:00.000Z</endDate>`
	overItem    = `<capacityReservationId>cr-4</capacityReservationId><instanceType>p5.48xlarge</instanceType><state>cancelled</state><availableInstanceCount>2</availableInstanceCount>`
	withoutItem = `<capacityReservationId>cr-5</capacityReservationId><instanceType>m7i.large</instanceType><state>active</state><availableInstanceCount>9</availableInstanceCount>`
	blockPage   = `<DescribeCapacityBlockOfferingsResponse><capacityBlockOfferingSet><item><capacityBlockOfferingId>cbr-1</capacityBlockOfferingId>
 <instanceType>p5en.48xlarge</instanceType><availabilityZone>eu-central-1c</availabilityZone><instanceCount>1</instanceCount><startDate>2026-11-26T11:30:00.000Z</startDate>
 <endDate>2026-11-27T11:30:00.000Z</endDate><capacityBlockDurationHours>24</capacityBlockDurationHours><upfrontFee>1010.4000</upfrontFee><currencyCode>USD</currencyCode></item>
 <item><instanceType>p5en.48xlarge</instanceType><instanceCount>1</instanceCount><capacityBlockDurationHours>0</capacityBlockDurationHours><upfrontFee>5</upfrontFee><currencyCode>USD</currencyCode></item>
 <item><instanceType>p5en.48xlarge</instanceType><instanceCount>1</instanceCount><capacityBlockDurationHours>24</capacityBlockDurationHours><upfrontFee>much</upfrontFee></item></capacityBlockOfferingSet></DescribeCapacityBlockOfferingsResponse>`
)

// What is reserved and not used is charged as if it ran; what is bought and has not begun is not charged yet.
func TestReservedCapacityWithoutInstances(t *testing.T) {
	usual := good(t)
	asked := 0
	r := cloud(t, func(q url.Values) (int, string) {
		switch q.Get("Action") {
		case "DescribeCapacityReservations":
			return 200, reservationsOf(unusedItem, comingItem, usedItem, overItem, withoutItem)
		case "DescribeCapacityBlockOfferings":
			if asked++; q.Get("InstanceType") != "p5en.48xlarge" || q.Get("InstanceCount") != "1" || q.Get("CapacityDurationHours") != "24" {
				t.Errorf("%v", q)
			}
			return 200, blockPage
		}
		return usual(q)
	})
	p, err := r.Read(t.Context())
	if err != nil || len(p.Notices) != 0 || asked != 1 {
		t.Fatalf("%v %v, asked %d times", err, p.Notices, asked)
	}
	c := p.Compute
	const want = `cr-2 p5.48xlarge H100 x16 RUNNING reserved $110.08 (list of 2026)
cr-3 p5en.48xlarge H200 x32 STARTING block $0.00 (it has not begun)
`
	if got := said(c); !strings.HasSuffix(got, want) || strings.Contains(got, "cr-4") || strings.Contains(got, "cr-5") {
		t.Errorf("%s", got)
	}
	used, unused, coming := &c.Machines[2], &c.Machines[4], &c.Machines[5]
	// The end of a reservation is not the end of the instance in it.
	if used.Until.OK || len(used.Notices) != 1 || used.Notices[0].Stops || used.Pricing == fleet.PricingReserved || used.Leaves(contract.Start()) != nil {
		t.Errorf("%+v", used)
	}
	if unused.Util != fleet.Some(fleet.Ratio(0)) || unused.Name.String() != "reserved, 2 instances unused" ||
		!unused.Until.V.Equal(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", unused)
	}
	if len(coming.Notices) != 2 || !coming.Until.OK || coming.Leaves(contract.Start()) != nil {
		t.Errorf("%+v", coming)
	}
	var blocks []string
	for _, o := range c.Offers {
		if o.Pricing == fleet.PricingBlock {
			blocks = append(blocks, fmt.Sprint(o.Type, o.Region, o.Price.V.Text(), o.Said))
		}
	}
	if got := fmt.Sprint(blocks); got != "[p5en.48xlarge eu-central-1c $42.10 block of 24h for $1010.40, paid before, from 2026-11-26 11:30Z]" {
		t.Errorf("%s", got)
	}
}

// withList plays EC2 and AWS's price list beside it.
func withList(t *testing.T, list func(kind string) (int, string)) fleet.Reader {
	t.Helper()
	usual := good(t)
	cloud := awsrig.Serve(t, "ec2", "eu-central-1", func(_ *http.Request, body []byte) (int, string) {
		q, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		return usual(q)
	}).URL
	prices := awsrig.Serve(t, "pricing", "us-east-1", func(r *http.Request, body []byte) (int, string) {
		var q struct {
			ServiceCode string
			Filters     []struct{ Field, Value string }
		}
		if err := json.Unmarshal(body, &q); err != nil || q.ServiceCode != "AmazonEC2" || r.Header.Get("X-Amz-Target") != "AWSPriceListService.GetProducts" ||
			len(q.Filters) != 7 || q.Filters[1].Value != "eu-central-1" || q.Filters[6].Value != "OnDemand" {
			t.Errorf("%s %v", body, err)
		}
		return list(q.Filters[0].Value)
	}).URL
	r, err := newReader(fleet.SourceSpec{ID: "aws", URL: cloud, Auth: fleet.SecretRef{Env: "K"},
		Options: map[string]string{"region": "eu-central-1", OptionPricesURL: prices}}, awsrig.Deps(fleet.NewVirtualClock(contract.Start())))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// term is one product of the list with prices of an hour.
func term(prices ...string) string {
	var dimensions []string
	for i, p := range prices {
		dimensions = append(dimensions, fmt.Sprintf(`"d%d":{"unit":"Hrs","pricePerUnit":%s}`, i, p))
	}
	b, err := json.Marshal(`{"product":{},"terms":{"OnDemand":{"t":{"priceDimensions":{` + strings.Join(dimensions, ",") + `}}}}}`)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestPricesOfTheRegionByAWSsOwnList(t *testing.T) {
	for name, x := range map[string]struct{ list, price, from string }{
		"one":                   {term(`{"USD":"63.2960000000"}`), "$63.30", "price list of AWS"},
		"twice the same":        {term(`{"USD":"63.2960000000"}`) + "," + term(`{"USD":"63.296"}`), "$63.30", "price list of AWS"},
		"a region that is free": {term(`{"USD":"0.0000000000"}`), "$55.04", "list of 2026"},
		"several":               {term(`{"USD":"63.2960000000"}`, `{"USD":"43.1"}`), "$55.04", "list of 2026"},
		"none":                  {``, "$55.04", "list of 2026"},
		"no JSON":               {`"canary"`, "$55.04", "list of 2026"},
	} {
		asked := []string{}
		r := withList(t, func(kind string) (int, string) {
			asked = append(asked, kind)
			return 200, `{"FormatVersion":"aws_v1","PriceList":[` + x.list + `]}`
		})
		for range 2 { // it is asked once in half a day
			p, err := r.Read(t.Context())
			if m := &p.Compute.Machines[0]; err != nil || len(p.Notices) != 0 || m.Price.V.Text().String() != x.price || m.PriceFrom.String() != x.from {
				t.Errorf("%s: %v %v %+v", name, err, p.Notices, m)
			}
			if at := p.Compute.PricesAsOf; at.Equal(contract.Start()) != (x.from == "price list of AWS") {
				t.Errorf("%s: as of %v", name, at)
			}
		}
		if fmt.Sprint(asked) != "[p5.48xlarge]" {
			t.Errorf("%s: asked for %v", name, asked)
		}
	}
	r := withList(t, func(string) (int, string) {
		return 400, `{"__type":"AccessDeniedException","Message":"User: canary is not authorized to perform: pricing:GetProducts"}`
	})
	p, err := r.Read(t.Context())
	if err != nil || len(p.Notices) != 1 || !strings.Contains(p.Notices[0].Text.String(), "lacks the right pricing:GetProducts") ||
		!p.Compute.Machines[0].Price.OK {
		t.Errorf("%v %v", err, p.Notices)
	}
}

func TestOptionsThatAreNone(t *testing.T) {
	for name, value := range map[string]string{OptionHours: "0", OptionPricesURL: "https://ec2.eu-central-1.amazonaws.com", "block": "p5.48xlarge"} {
		if _, err := newReader(fleet.SourceSpec{ID: "aws", URL: "https://ec2.eu-central-1.amazonaws.com", Options: map[string]string{name: value}},
			contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
