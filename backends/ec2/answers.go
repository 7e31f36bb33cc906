package ec2

import (
	"context"
	"encoding/xml"
	"net/url"
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
