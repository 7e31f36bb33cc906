package awsapi

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
)

// What the account rents: one type, on demand.
const (
	machineType = "p5.48xlarge"
	zone        = region + "a"
	// pageMachines is how many a page has where the request does not say it.
	pageMachines = 1000
	leastPage    = 5
)

// machinePrice is what one costs in an hour.
var machinePrice = decimal.RequireFromString("55.04")

// spotPrices are what types cost in one zone, where somebody gives them back.
var spotPrices = []struct{ kind, zone, price string }{
	{machineType, region + "a", "23.851200"}, {machineType, region + "b", "24.102900"}, {"p4d.24xlarge", region + "b", "9.874300"},
	{"g6.xlarge", region + "a", "0.331200"},
}

// answers in XML, one for each action.
type (
	instancesAnswer struct {
		XMLName   xml.Name `xml:"http://ec2.amazonaws.com/doc/2016-11-15/ DescribeInstancesResponse"`
		Request   string   `xml:"requestId"`
		Instances []booked `xml:"reservationSet>item"`
		Next      string   `xml:"nextToken,omitempty"`
	}
	booked struct {
		ID        string     `xml:"reservationId"`
		Owner     string     `xml:"ownerId"`
		Instances []instance `xml:"instancesSet>item"`
	}
	instance struct {
		ID        string `xml:"instanceId"`
		Image     string `xml:"imageId"`
		StateCode int    `xml:"instanceState>code"`
		State     string `xml:"instanceState>name"`
		DNS       string `xml:"privateDnsName"`
		Type      string `xml:"instanceType"`
		Launched  string `xml:"launchTime"`
		Zone      string `xml:"placement>availabilityZone"`
		Tenancy   string `xml:"placement>tenancy"`
		Address   string `xml:"privateIpAddress"`
		Tags      []tag  `xml:"tagSet>item"`
	}
	tag struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	}
	statusAnswer struct {
		XMLName xml.Name   `xml:"http://ec2.amazonaws.com/doc/2016-11-15/ DescribeInstanceStatusResponse"`
		Request string     `xml:"requestId"`
		List    []standing `xml:"instanceStatusSet>item"`
		Next    string     `xml:"nextToken,omitempty"`
	}
	standing struct {
		ID     string  `xml:"instanceId"`
		Zone   string  `xml:"availabilityZone"`
		State  string  `xml:"instanceState>name"`
		System string  `xml:"systemStatus>status"`
		Own    string  `xml:"instanceStatus>status"`
		Events []event `xml:"eventsSet>item"`
	}
	event struct {
		ID          string `xml:"instanceEventId"`
		Code        string `xml:"code"`
		Description string `xml:"description"`
		From        string `xml:"notBefore"`
	}
	reservationsAnswer struct {
		XMLName xml.Name `xml:"http://ec2.amazonaws.com/doc/2016-11-15/ DescribeCapacityReservationsResponse"`
		Request string   `xml:"requestId"`
		Set     struct{} `xml:"capacityReservationSet"`
	}
	spotAnswer struct {
		XMLName xml.Name `xml:"http://ec2.amazonaws.com/doc/2016-11-15/ DescribeSpotPriceHistoryResponse"`
		Request string   `xml:"requestId"`
		List    []spot   `xml:"spotPriceHistorySet>item"`
		Next    string   `xml:"nextToken"` // empty behind the last page
	}
	spot struct {
		Type    string `xml:"instanceType"`
		Product string `xml:"productDescription"`
		Price   string `xml:"spotPrice"`
		At      string `xml:"timestamp"`
		Zone    string `xml:"availabilityZone"`
	}
)

const requestID = "00000000-0000-4000-8000-000000000000"

// machines answers the query API of EC2, in XML.
func (s *Server) machines(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil || r.Form.Get("Version") != "2016-11-15" {
		refuseXML(w, &fault{400, "InvalidRequest", "The request received was invalid."})
		return
	}
	if bad := s.guard(r, "ec2"); bad != nil {
		refuseXML(w, inXML(bad))
		return
	}
	answer, bad := s.described(r.Form)
	if bad != nil {
		refuseXML(w, bad)
		return
	}
	_, _ = fmt.Fprint(w, xml.Header) // the client hung up
	_ = xml.NewEncoder(w).Encode(answer)
}

// inXML are the words of EC2 for what other services call otherwise.
func inXML(bad *fault) *fault {
	switch bad.code {
	case "UnrecognizedClientException":
		return &fault{401, "AuthFailure", "AWS was not able to validate the provided access credentials"}
	case "MissingAuthenticationTokenException", "IncompleteSignatureException":
		return &fault{400, "MissingAuthenticationToken", "Request is missing Authentication Token"}
	case "InvalidSignatureException":
		return &fault{403, "SignatureDoesNotMatch", bad.message}
	case "ThrottlingException":
		return &fault{503, "RequestLimitExceeded", "Request limit exceeded."}
	}
	return bad
}

func refuseXML(w http.ResponseWriter, bad *fault) {
	type one struct {
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
	}
	w.WriteHeader(bad.status)
	_, _ = fmt.Fprint(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Response"`
		Errors  []one    `xml:"Errors>Error"`
		Request string   `xml:"RequestID"`
	}{Errors: []one{{bad.code, bad.message}}, Request: requestID})
}

func (s *Server) described(q url.Values) (any, *fault) {
	switch q.Get("Action") {
	case "DescribeInstances":
		list, next, bad := s.page(q)
		out := instancesAnswer{Request: requestID, Next: next}
		for _, m := range list {
			out.Instances = append(out.Instances, booked{"r-" + short(m), "123456789012", []instance{s.instance(m)}})
		}
		return out, bad
	case "DescribeInstanceStatus":
		list, next, bad := s.page(q)
		out := statusAnswer{Request: requestID, Next: next}
		for _, m := range list {
			if _, gone := m.Leaves(); !gone { // it tells of those that run
				out.List = append(out.List, stands(m))
			}
		}
		return out, bad
	case "DescribeCapacityReservations":
		return reservationsAnswer{Request: requestID}, nil
	case "DescribeSpotPriceHistory":
		out := spotAnswer{Request: requestID}
		for _, p := range spotPrices {
			if wanted(q, "instance-type", p.kind) {
				at := s.truth.Clock.Now().UTC().Truncate(time.Hour).Format("2006-01-02T15:04:05.000Z")
				out.List = append(out.List, spot{p.kind, "Linux/UNIX", p.price, at, p.zone})
			}
		}
		return out, nil
	}
	return nil, &fault{400, "InvalidAction", "The action " + strconv.Quote(q.Get("Action")) + " is not valid for this web service."}
}

// stands is the state of a machine that runs, with what is announced of it.
func stands(m account.Machine) standing {
	said := "ok"
	if m.Ready != nil && !m.Ready() {
		said = "impaired"
	}
	out := standing{ID: "i-" + short(m), Zone: zone, State: "running", System: said, Own: said}
	if at, _ := m.Leaves(); !at.IsZero() {
		out.Events = []event{{"instance-event-" + short(m), "instance-retirement", "The instance is running on degraded hardware",
			at.UTC().Format("2006-01-02T15:04:05.000Z")}}
	}
	return out
}

// page is a part of the machines that the filters let through.
func (s *Server) page(q url.Values) (list []account.Machine, next string, bad *fault) {
	first, bad := offset(q.Get("NextToken"))
	if bad != nil {
		return nil, "", &fault{400, "InvalidNextToken", bad.message}
	}
	size := pageMachines
	if text := q.Get("MaxResults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < leastPage || n > pageMachines {
			return nil, "", &fault{400, "InvalidParameterValue",
				"Value ( " + text + " ) for parameter maxResults is invalid. Expecting a value greater than 5."}
		}
		size = n
	}
	all := s.truth.Machines
	if !wanted(q, "instance-type", machineType) {
		all = nil
	}
	last := min(first+size, len(all))
	if last < len(all) {
		next = token(last)
	}
	return all[min(first, last):last], next, nil
}

// wanted tells whether the filters let a value through; a value of a filter may have stars.
func wanted(q url.Values, name, value string) bool {
	for n := 1; q.Has(fmt.Sprintf("Filter.%d.Name", n)); n++ {
		if q.Get(fmt.Sprintf("Filter.%d.Name", n)) != name {
			continue
		}
		found := false
		for k := 1; q.Has(fmt.Sprintf("Filter.%d.Value.%d", n, k)); k++ {
			like, err := path.Match(q.Get(fmt.Sprintf("Filter.%d.Value.%d", n, k)), value)
			found = found || err == nil && like
		}
		if !found {
			return false
		}
	}
	return true
}

// short is the part of a machine's id that AWS's ids have room for.
func short(m account.Machine) string { return "0" + m.ID[max(0, len(m.ID)-16):] }

func (s *Server) instance(m account.Machine) instance {
	at := s.truth.Clock.Now().UTC().Truncate(dayWidth).AddDate(0, 0, -20)
	code, state := 16, "running"
	if _, gone := m.Leaves(); gone {
		code, state = 48, "terminated"
	}
	return instance{ID: "i-" + short(m), Image: "ami-00000000000000001", StateCode: code, State: state, Type: machineType,
		DNS: "ip-" + strings.ReplaceAll(m.Address, ".", "-") + ".ec2.internal", Launched: at.Format("2006-01-02T15:04:05.000Z"), Zone: zone,
		Tenancy: "default", Address: m.Address, Tags: []tag{{"Name", m.Name}}}
}
