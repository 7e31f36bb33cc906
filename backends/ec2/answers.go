package ec2

import (
	"context"
	"encoding/xml"
	"net/url"
	"time"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// instancePage is one answer of DescribeInstances.
type instancePage struct {
	XMLName xml.Name `xml:"DescribeInstancesResponse"`
	Set     *struct {
		Reservations []struct {
			Instances []instance `xml:"instancesSet>item"`
		} `xml:"item"`
	} `xml:"reservationSet"`
	Next string `xml:"nextToken"`
}

// instance is what is read of one.
type instance struct {
	ID          string `xml:"instanceId"`
	Type        string `xml:"instanceType"`
	State       string `xml:"instanceState>name"`
	Launched    string `xml:"launchTime"`
	Zone        string `xml:"placement>availabilityZone"`
	PrivateIP   string `xml:"privateIpAddress"`
	PublicIP    string `xml:"ipAddress"`
	PrivateDNS  string `xml:"privateDnsName"`
	PublicDNS   string `xml:"dnsName"`
	Lifecycle   string `xml:"instanceLifecycle"` // spot, scheduled, capacity-block; absent for on demand
	Reservation string `xml:"capacityReservationId"`
	Tags        []struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	} `xml:"tagSet>item"`
}

func (x *instance) name() string {
	for _, t := range x.Tags {
		if t.Key == "Name" {
			return t.Value
		}
	}
	return ""
}

// announced is what is known of an instance's health and future.
type announced struct {
	ID     string `xml:"instanceId"`
	System string `xml:"systemStatus>status"`
	Own    string `xml:"instanceStatus>status"`
	Events []struct {
		Code        string `xml:"code"`
		Description string `xml:"description"`
		From        string `xml:"notBefore"`
		To          string `xml:"notAfter"`
		Deadline    string `xml:"notBeforeDeadline"`
	} `xml:"eventsSet>item"`
}

// events reads what is announced, by instance.
func (r *reader) events(ctx context.Context) (map[string]*announced, error) {
	var page struct {
		XMLName xml.Name    `xml:"DescribeInstanceStatusResponse"`
		List    []announced `xml:"instanceStatusSet>item"`
		Next    string      `xml:"nextToken"`
	}
	all := map[string]*announced{}
	_, err := r.pages(ctx, "DescribeInstanceStatus", url.Values{}, &page, func() (string, error) {
		list, next := page.List, page.Next
		page.List, page.Next = nil, ""
		for i := range list {
			all[list[i].ID] = &list[i]
		}
		return next, r.Bounded(len(all))
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// reservation is one of capacity: of the account's own, or a block that was paid before.
type reservation struct {
	ID    string `xml:"capacityReservationId"`
	Kind  string `xml:"reservationType"` // default, capacity-block
	End   string `xml:"endDate"`
	State string `xml:"state"`
}

func (r *reader) reservations(ctx context.Context) (map[string]reservation, error) {
	var page struct {
		XMLName xml.Name      `xml:"DescribeCapacityReservationsResponse"`
		List    []reservation `xml:"capacityReservationSet>item"`
		Next    string        `xml:"nextToken"`
	}
	all := map[string]reservation{}
	_, err := r.pages(ctx, "DescribeCapacityReservations", url.Values{}, &page, func() (string, error) {
		list, next := page.List, page.Next
		page.List, page.Next = nil, ""
		for _, x := range list {
			all[x.ID] = x
		}
		return next, r.Bounded(len(all))
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// early is how long before the end of a capacity block its instances are stopped.
const early = 30 * time.Minute

// bind says of a machine how its reservation bounds it.
func (x reservation) bind(m *fleet.Machine) {
	end := machines.Moment(x.End)
	if x.ID == "" || !end.OK {
		return
	}
	m.Until = end
	if x.Kind == "capacity-block" {
		m.Pricing = fleet.PricingBlock
		m.Notices = append(m.Notices, fleet.MachineNotice{
			What: fleet.Text("its capacity block ends, and instances are stopped half an hour before"),
			At:   fleet.Some(end.V.Add(-early)), Ends: end, Stops: true})
	}
}

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
