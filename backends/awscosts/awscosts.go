// Package awscosts reads what AWS charges for models: days of Cost Explorer, those of models that the Marketplace bills among
// them. Each page of an answer costs a cent: it must ask seldom, never beyond a day's cap, and say what it spent.
package awscosts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pitwall/backends/internal/awsapi"
	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/bills"
	"pitwall/fleet"
)

// OptionServices are words of which the name of a service has one, separated by commas, where it is not "Bedrock".
const OptionServices = "services"

const (
	// every is the default interval: AWS takes its data over about three times a day.
	every = 6 * time.Hour
	// least is how often it asks at most.
	least = time.Hour
	// price of one page, in US dollars.
	price = "0.01"
	// capPerDay is what it may spend in a day where nothing is configured.
	capPerDay = "0.50"
	// lag is how late a day may be in Cost Explorer.
	lag = 48 * time.Hour
	// mostPages bounds each of the two answers of a read.
	mostPages = 20
)

// Connector returns the connector "aws-costs". A source's URL is https://ce.us-east-1.amazonaws.com: Cost Explorer has no other
// region but China's own.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "aws-costs", Title: "AWS Cost Explorer", Interval: every, NewReader: newReader,
		Reads: "billed: days of Amazon Bedrock and of models that the Marketplace bills; credits, refunds and tax apart. $0.01 a page"}
}

type reader struct {
	spec  fleet.SourceSpec
	clock fleet.Clock
	call  *awsapi.Call
	till  *billing.Till
	back  bills.Window
	names []string // of services, in lower case
	pages int      // that the last read took
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	r := &reader{spec: spec, clock: deps.Clock, names: []string{"bedrock"}, pages: 2}
	if err := billing.Options(spec, awsapi.OptionRegion, billing.OptionCap, OptionServices); err != nil {
		return nil, err
	}
	if text := spec.Options[OptionServices]; text != "" {
		r.names = strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return c == ',' })
	}
	region, err := awsapi.Region(spec, "ce", "us-east-1")
	if err != nil {
		return nil, err
	}
	if r.till, err = billing.NewTill(spec, deps, price, capPerDay); err != nil {
		return nil, err
	}
	r.call, err = awsapi.API{Address: spec.URL, Service: "ce", Region: region, Target: "AWSInsightsIndexService.GetCostAndUsage",
		Version: "1.1"}.Open(spec, deps)
	return billing.Seldom(r, deps.Clock, least), err
}

// Read reads the days whole, or nothing: a sum that lacks a page is none.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	if err := r.till.Room(r.pages); err != nil {
		return fleet.Partial{}, err
	}
	asked, p := r.back.Span(r.clock.Now()), fleet.Partial{}
	var lines []fleet.BillLine
	calls := 0
	for _, q := range []query{usage, others} {
		days, n, err := r.days(ctx, q, asked, &p)
		calls += n
		if err != nil {
			return fleet.Partial{}, err
		}
		found, err := r.lines(q, days)
		if err != nil {
			return fleet.Partial{}, err
		}
		if lines = append(lines, found...); len(lines) > billing.MostLines {
			return fleet.Partial{}, r.unread("it has more rows than are kept")
		}
	}
	p.At = r.clock.Now()
	p.Bill = billing.Sealed([]fleet.Stream{fleet.StreamBilled}, asked, lines, p.At, lag)
	p.Bill.Calls, p.Bill.CallPrice = calls, fleet.Some(r.till.Price())
	r.pages = calls
	r.back.Done(p.At)
	return p, nil
}

// query is one of the two questions of a read: only two dimensions may be grouped by, and the type of a record is a third.
type query struct {
	group string // beside the service
	usage bool   // records of usage, or all others
}

var (
	usage  = query{group: "USAGE_TYPE", usage: true}
	others = query{group: "RECORD_TYPE"}
)

// usageRecords are the types of records that are used, whoever pays for them how.
var usageRecords = []string{"Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"}

// ask is a request of GetCostAndUsage.
func (q query) ask(span fleet.Span) map[string]any {
	dimensions := map[string]any{"Dimensions": map[string]any{"Key": "RECORD_TYPE", "Values": usageRecords}}
	filter := dimensions
	if !q.usage {
		filter = map[string]any{"Not": dimensions}
	}
	by := func(key string) map[string]string { return map[string]string{"Type": "DIMENSION", "Key": key} }
	return map[string]any{"Granularity": "DAILY", "Metrics": []string{"UnblendedCost", "UsageQuantity"}, "Filter": filter,
		"TimePeriod": map[string]string{"Start": span.From.Format(time.DateOnly), "End": span.To.Format(time.DateOnly)},
		"GroupBy":    []map[string]string{by("SERVICE"), by(q.group)}}
}

// days asks for all pages of one question. It says how many it paid for, also where it fails.
func (r *reader) days(ctx context.Context, q query, span fleet.Span, p *fleet.Partial) (days []day, calls int, err error) {
	ask := q.ask(span)
	for range mostPages {
		var page answer
		err := r.till.Pay(ctx, 1, func(ctx context.Context) error {
			reply, err := r.call.Do(ctx, ask, &page)
			if err == nil {
				p.ServerTime = reply.ServerTime
			}
			return err
		})
		if err != nil {
			return nil, calls, err
		}
		calls++
		if page.Days == nil {
			return nil, calls, r.unread("the answer holds no days; check the url")
		}
		days = append(days, *page.Days...)
		switch page.Next {
		case "":
			return days, calls, nil
		case ask["NextPageToken"]: // each time round would cost
			return nil, calls, r.unread("its pages go round in a circle")
		}
		ask["NextPageToken"] = page.Next
	}
	return nil, calls, r.unread(fmt.Sprintf("it has more than %d pages, each of which costs %s", mostPages, r.till.Price().Small()))
}

func (r *reader) unread(why string) error { return billing.Unread(r.spec.ID, "the costs", why) }
