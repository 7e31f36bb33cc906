// Package azurecosts reads what Azure charges for models: days of Cost Management. Its rows are arrays whose columns are named
// apart, and its calls are rationed for the whole tenant: it must keep below that ration, of which others live too.
package azurecosts

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"pitwall/backends/internal/azureapi"
	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// The options of the connector.
const (
	OptionScope = "scope"          // whose bill: a subscription, resource group, billing account
	OptionTypes = "resource_types" // whose costs count, separated by commas
)

const (
	// every is the default interval: Azure takes its data over every four hours.
	every = 4 * time.Hour
	// least is how often it asks at most.
	least = time.Hour
	// lag is how late a day may be: up to a day with agreements, up to three with payment as it goes.
	lag = 72 * time.Hour
	// lateDays are read again each time: what is used may show after three.
	lateDays = 5
	// mostDays is what a question by days may be about: of a longer time Azure leaves the older days out, and does not say so.
	mostDays = 31
	// version of the API.
	version = "2022-10-01"
	// mostPages bounds an answer: a page has 5,000 rows.
	mostPages = 10
)

// modelTypes are the types of resources that serve models.
const modelTypes = "microsoft.cognitiveservices/accounts,microsoft.machinelearningservices/workspaces"

// Connector returns the connector "azure-costs". A source's URL is https://management.azure.com.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "azure-costs", Title: "Azure Cost Management", Interval: every, NewReader: newReader,
		Reads: "billed: days by meter in the billing currency; purchases, credits, refunds and tax apart"}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	client *httpx.Client
	back   bills.Window
	path   string
	types  []string
	ration ration
}

var scope = regexp.MustCompile(`^(?:/[\w()-][\w.()-]*)+$`)

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	if err := billing.Options(spec, OptionScope, OptionTypes); err != nil {
		return nil, err
	}
	at := strings.TrimSuffix(spec.Options[OptionScope], "/")
	if !scope.MatchString(at) {
		return nil, billing.Wrong(spec.ID, "option scope names no scope such as /subscriptions/ID")
	}
	r := &reader{spec: spec, clock: deps.Clock, path: at + "/providers/Microsoft.CostManagement/query?api-version=" + version}
	types := modelTypes
	if set := spec.Options[OptionTypes]; set != "" {
		types = set
	}
	for name := range strings.SplitSeq(strings.ToLower(types), ",") {
		r.types = append(r.types, strings.TrimSpace(name))
	}
	var err error
	r.client, err = httpx.New(httpx.For(spec, strings.TrimSuffix(spec.URL, "/"), deps))
	return billing.Seldom(r, deps.Clock, least), err
}

// Read reads the days whole, or nothing: a sum that lacks a page is none.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	asked, p := r.back.Span(r.clock.Now()), fleet.Partial{}
	asked.From = asked.From.AddDate(0, 0, bills.LateDays-lateDays)
	if least := asked.To.AddDate(0, 0, -mostDays); asked.From.Before(least) {
		asked.From = least
	}
	var lines []fleet.BillLine
	path, ask := r.path, r.ask(asked)
	for n := 1; path != ""; n++ {
		if n > mostPages {
			return fleet.Partial{}, r.unread(fmt.Sprintf("it has more than %d pages", mostPages))
		}
		t, err := r.page(ctx, path, ask, &p)
		if err != nil {
			return fleet.Partial{}, err
		}
		found, err := r.lines(t)
		if err != nil {
			return fleet.Partial{}, err
		}
		if lines = append(lines, found...); len(lines) > billing.MostLines {
			return fleet.Partial{}, r.unread("it has more rows than are kept")
		}
		if path, err = r.next(t.Next); err != nil {
			return fleet.Partial{}, err
		}
	}
	p.At = r.clock.Now()
	p.Bill = billing.Sealed([]fleet.Stream{fleet.StreamBilled}, asked, lines, p.At, lag)
	r.back.Done(p.At)
	return p, nil
}

// totalCost is what a sum is called in the question, and of some accounts in the answer.
const totalCost = "totalCost"

// ask is a query by day, type of charge and meter: more than two groupings are refused.
func (r *reader) ask(span fleet.Span) map[string]any {
	by := func(name string) map[string]string { return map[string]string{"type": "Dimension", "name": name} }
	return map[string]any{"type": "ActualCost", "timeframe": "Custom",
		"timePeriod": map[string]string{"from": span.From.Format(time.RFC3339), "to": span.To.Add(-time.Second).Format(time.RFC3339)},
		"dataset": map[string]any{"granularity": "Daily",
			"aggregation": map[string]any{totalCost: map[string]string{"name": "PreTaxCost", "function": "Sum"}},
			"grouping":    []any{by("ChargeType"), by("Meter")},
			"filter":      map[string]any{"dimensions": map[string]any{"name": "ResourceType", "operator": "In", "values": r.types}}}}
}

// page asks once, within the ration.
func (r *reader) page(ctx context.Context, path string, ask any, p *fleet.Partial) (table, error) {
	if err := r.ration.wait(ctx, r.spec.ID, r.clock); err != nil {
		return table{}, err
	}
	reply, err := r.client.Do(ctx, http.MethodPost, path, ask)
	if reply != nil {
		r.ration.told(reply, r.clock.Now())
	}
	if err != nil {
		return table{}, waits(reply, azureapi.Explained(reply, err))
	}
	p.ServerTime = reply.ServerTime
	var answer struct {
		Properties *table          `json:"properties"`
		Error      json.RawMessage `json:"error"`
	}
	if err := reply.JSON(&answer); err != nil {
		return table{}, err
	}
	if bills.IsError(answer.Error) {
		return table{}, r.unread("a good answer holds an error in place of rows")
	}
	if answer.Properties == nil {
		return table{}, r.unread("the answer holds no rows; check the url")
	}
	return *answer.Properties, nil
}

// next is the address of the next page; "" behind the last. It is taken for its query only, so that the token goes nowhere else.
func (r *reader) next(link string) (string, error) {
	if link == "" {
		return "", nil
	}
	u, err := url.Parse(link)
	if err != nil || u.RawQuery == "" {
		return "", r.unread("the address of its next page cannot be read")
	}
	where, _, _ := strings.Cut(r.path, "?")
	return where + "?" + u.RawQuery, nil
}

func (r *reader) unread(why string) error { return billing.Unread(r.spec.ID, "the costs", why) }
