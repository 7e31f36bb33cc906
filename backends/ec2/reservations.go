package ec2

import (
	"context"
	"encoding/xml"
	"net/url"
	"path"
	"slices"
	"time"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// reservation is one of capacity: of the account's own, or a block that was paid before.
type reservation struct {
	ID        string `xml:"capacityReservationId"`
	Kind      string `xml:"reservationType"` // default, capacity-block
	Type      string `xml:"instanceType"`
	Zone      string `xml:"availabilityZone"`
	Start     string `xml:"startDate"`
	End       string `xml:"endDate"`
	Committed string `xml:"commitmentInfo>commitmentEndDate"`
	State     string `xml:"state"`
	Total     int    `xml:"totalInstanceCount"`
	Unused    int    `xml:"availableInstanceCount"`
}

const block = "capacity-block"

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

// bind says of a machine how its reservation bounds it. Instances of a block are stopped at its end; those of any other reservation
// run on without it.
func (x reservation) bind(m *fleet.Machine) {
	end := machines.Moment(x.End)
	switch {
	case x.ID == "" || !end.OK:
	case x.Kind != block:
		m.Notices = append(m.Notices, fleet.MachineNotice{What: fleet.Text("its capacity reservation ends; the instance stays"), At: end})
	default:
		m.Until, m.Pricing = end, fleet.PricingBlock
		m.Notices = append(m.Notices, fleet.MachineNotice{
			What: fleet.Text("its capacity block ends, and instances are stopped half an hour before"),
			At:   fleet.Some(end.V.Add(-early)), Ends: end, Stops: true})
	}
}

// unused makes a machine of what a reservation holds and no instance uses: it is charged all the same.
func (r *reader) unused(x reservation) (fleet.Machine, bool) {
	m := fleet.Machine{ID: x.ID, Type: fleet.Label(x.Type), Region: fleet.Label(x.Zone), Said: fleet.Label(x.State),
		Pricing: fleet.PricingReserved, Addresses: machines.Known(x.ID)}
	n := x.Unused
	switch x.State {
	case "active":
		m.State, m.Util = fleet.MachineRunning, fleet.Some(fleet.Ratio(0))
	case "scheduled", "pending", "payment-pending", "assessing", "delayed":
		n, m.State = x.Total, fleet.MachineStarting
	default: // over, or it never came to be
		return m, false
	}
	gpu, each := gpus(x.Type)
	if n <= 0 || n > machines.Most || !r.reads(x.Type) {
		return m, false
	}
	m.Name, m.GPU = fleet.Textf("reserved, %s unused", fleet.Many(n, "instance")), gpu
	if each.OK {
		m.GPUs = machines.Count(each.V * n)
	}
	r.reservedPrice(&m, &x, n)
	x.bind(&m)
	if end := machines.Moment(x.Committed); end.OK {
		m.Until = end
	}
	return m, true
}

// reservedPrice is what unused capacity costs: nothing before it begins, then as much as if it ran. A block is paid before.
func (r *reader) reservedPrice(m *fleet.Machine, x *reservation, n int) {
	if m.State == fleet.MachineStarting {
		m.Price, m.PriceFrom = machines.Zero(), fleet.Text("it has not begun")
		if at := machines.Moment(x.Start); at.OK {
			m.Notices = append(m.Notices, fleet.MachineNotice{What: fleet.Text("its reserved capacity begins"), At: at, Ends: at})
		}
		return
	}
	price, from := r.Of(x.Type)
	if !price.OK && x.Kind != block {
		price, from = r.onDemand(x.Type)
	}
	if price.OK {
		m.Price, m.PriceFrom = machines.Each(price, n), from
	}
}

// reads tells whether a type is among those that are read.
func (r *reader) reads(kind string) bool {
	return slices.ContainsFunc(r.types, func(pattern string) bool {
		ok, err := path.Match(pattern, kind)
		return err == nil && ok
	})
}
