package ec2

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// spotPrices are the newest prices of types that run as spot instances, and of the largest types.
func (r *reader) spotPrices(ctx context.Context, list []instance) ([]fleet.Offer, error) {
	types := []string{"p5.48xlarge", "p5en.48xlarge", "p4d.24xlarge", "p4de.24xlarge", "g6.xlarge"}
	for i := range list {
		if list[i].Lifecycle == "spot" {
			types = append(types, list[i].Type)
		}
	}
	q := url.Values{"ProductDescription.1": {"Linux/UNIX"}, "StartTime": {r.Clock.Now().UTC().Format(time.RFC3339)}}
	filter(q, 1, "instance-type", machines.Known(types...)...)
	var page struct {
		XMLName xml.Name `xml:"DescribeSpotPriceHistoryResponse"`
		List    []struct {
			Type  string `xml:"instanceType"`
			Price string `xml:"spotPrice"`
			At    string `xml:"timestamp"`
			Zone  string `xml:"availabilityZone"`
		} `xml:"spotPriceHistorySet>item"`
		Next string `xml:"nextToken"`
	}
	var offers []fleet.Offer
	_, err := r.pages(ctx, "DescribeSpotPriceHistory", q, &page, func() (string, error) {
		found, next := page.List, page.Next
		page.List, page.Next = nil, ""
		for _, x := range found {
			gpu, n := gpus(x.Type)
			price := machines.Amount(x.Price)
			if !price.OK || !n.OK {
				continue
			}
			offers = append(offers, fleet.Offer{Type: fleet.Label(x.Type), GPU: gpu, GPUs: n.V, Region: fleet.Label(x.Zone),
				Pricing: fleet.PricingSpot, Price: fleet.Some(fleet.NewMoney(price.V, fleet.USD)), AsOf: machines.Moment(x.At).Or(time.Time{})})
		}
		return next, r.Bounded(len(offers))
	})
	return offers, err
}

// offering is a capacity block that can be bought. Its fee is for all instances and all its time.
type offering struct {
	Type     string `xml:"instanceType"`
	Zone     string `xml:"availabilityZone"`
	Count    int    `xml:"instanceCount"`
	From     string `xml:"startDate"`
	Hours    int    `xml:"capacityBlockDurationHours"`
	Minutes  int    `xml:"capacityBlockDurationMinutes"`
	Fee      string `xml:"upfrontFee"`
	Currency string `xml:"currencyCode"`
}

// mostBlocks bounds the types of which blocks are asked for.
const mostBlocks = 8

// blocks are the capacity blocks of one instance that can be bought: of the types of the configuration, and of those that the account
// has blocks of.
func (r *reader) blocks(ctx context.Context, reserved map[string]reservation) ([]fleet.Offer, error) {
	types := slices.Clone(r.blockTypes)
	for _, x := range reserved {
		if x.Kind == block && gpuOf(x.Type) != "" {
			types = append(types, x.Type)
		}
	}
	slices.Sort(types)
	types = slices.Compact(types)
	var offers []fleet.Offer
	for _, kind := range types[:min(len(types), mostBlocks)] {
		var page struct {
			XMLName xml.Name   `xml:"DescribeCapacityBlockOfferingsResponse"`
			List    []offering `xml:"capacityBlockOfferingSet>item"`
			Next    string     `xml:"nextToken"`
		}
		q := url.Values{"InstanceType": {kind}, "InstanceCount": {"1"}, "CapacityDurationHours": {strconv.Itoa(r.blockHours)}}
		_, err := r.pages(ctx, "DescribeCapacityBlockOfferings", q, &page, func() (string, error) {
			found, next := page.List, page.Next
			page.List, page.Next = nil, ""
			for i := range found {
				if o, ok := found[i].offer(r.Clock.Now()); ok {
					offers = append(offers, o)
				}
			}
			return next, r.Bounded(len(offers))
		})
		if err != nil {
			return nil, err
		}
	}
	return offers, nil
}

// offer is a block as an offer, whose price is that of an hour of one instance.
func (x *offering) offer(now time.Time) (fleet.Offer, bool) {
	const hour, digits = 60, 6
	gpu, n := gpus(x.Type)
	fee, minutes := machines.Fee(x.Fee, x.Currency), x.Hours*hour+x.Minutes
	if !fee.OK || !n.OK || minutes <= 0 || x.Hours > 366*24 || x.Minutes < 0 || x.Count <= 0 || x.Count > machines.Most {
		return fleet.Offer{}, false
	}
	hourly := fee.V.Amount().Mul(decimal.NewFromInt(hour)).DivRound(decimal.NewFromInt(int64(minutes*x.Count)), digits)
	length := fmt.Sprintf("%dh", x.Hours)
	if x.Minutes > 0 {
		length += fmt.Sprintf("%dm", x.Minutes)
	}
	said := fleet.Concat(fleet.Text("block of "), fleet.Label(length), fleet.Text(" for "), fee.V.Text(), fleet.Text(", paid before"))
	if at := machines.Moment(x.From); at.OK {
		said = fleet.Concat(said, fleet.Text(", from "), fleet.Stamp(at.V))
	}
	return fleet.Offer{Type: fleet.Label(x.Type), GPU: gpu, GPUs: n.V, Region: fleet.Label(x.Zone), Pricing: fleet.PricingBlock,
		Price: fleet.Some(fleet.NewMoney(hourly, fee.V.Currency())), Available: fleet.Some(true), Said: said, AsOf: now}, true
}

func gpuOf(kind string) string {
	gpu, _ := gpus(kind)
	return gpu
}
