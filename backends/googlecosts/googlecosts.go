// Package googlecosts reads what Google charges for models: days of the billing export in BigQuery. A query costs by the bytes that
// it scans: it must bound them, and read only what it needs.
package googlecosts

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/googleapi"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// The options of the connector.
const (
	OptionProject  = "project"          // that runs and pays the query
	OptionTable    = "table"            // PROJECT.DATASET.gcp_billing_export_v1_ACCOUNT
	OptionLocation = "location"         // of the dataset; BigQuery finds most by itself
	OptionServices = "services"         // IDs whose costs count, separated by commas
	OptionBytes    = "max_bytes_billed" // of one query
)

const (
	every = 6 * time.Hour
	// least is how often it asks at most.
	least = time.Hour
	// lag is how late a day may be: nothing is promised.
	lag = 48 * time.Hour
	// defaultBytes is a gibibyte: the default of OptionBytes. BigQuery bills ten mebibytes at least.
	defaultBytes = 1 << 30
	mostBytes    = 1 << 40
	// mostPages bounds an answer, pageRows one page of it.
	mostPages = 20
	pageRows  = 5000
	// patience is how long BigQuery may hold an answer back before it says that it is not ready.
	patience = 8 * time.Second
)

// modelServices are Vertex AI and the Gemini API.
const modelServices = "C7E2-9256-1C43,AEFD-7695-64FA"

// Connector returns the connector "google-costs". A source's URL is https://bigquery.googleapis.com.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "google-costs", Title: "Google Cloud Billing export", Interval: every, NewReader: newReader,
		Reads: "billed: days of Vertex AI and the Gemini API by SKU and project, as billed; credits and tax apart"}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	client *httpx.Client
	back   bills.Window
	path   string
	most   int
	names  []string // IDs of services
}

// Projects may have a domain before a colon.
var (
	project = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]{0,80}$`)
	table   = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]{0,80}\.\w{1,200}\.gcp_billing_export_(?:resource_)?v1_\w{1,100}$`)
	service = regexp.MustCompile(`^[0-9A-F]{4}(-[0-9A-F]{4}){2}$`)
	place   = regexp.MustCompile(`^[A-Za-z0-9-]{0,40}$`)
)

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	o := spec.Options
	if err := billing.Options(spec, OptionProject, OptionTable, OptionLocation, OptionServices, OptionBytes); err != nil {
		return nil, err
	}
	r := &reader{spec: spec, clock: deps.Clock, path: "/bigquery/v2/projects/" + url.PathEscape(o[OptionProject]) + "/queries"}
	services := modelServices
	if o[OptionServices] != "" {
		services = o[OptionServices]
	}
	r.names = strings.Split(services, ",")
	for _, s := range r.names {
		if !service.MatchString(s) {
			return nil, billing.Wrong(spec.ID, "option services names no service such as C7E2-9256-1C43")
		}
	}
	switch {
	case !project.MatchString(o[OptionProject]):
		return nil, billing.Wrong(spec.ID, "option project names no project")
	case !table.MatchString(o[OptionTable]):
		return nil, billing.Wrong(spec.ID, "option table names no table such as PROJECT.DATASET.gcp_billing_export_v1_ACCOUNT")
	case !place.MatchString(o[OptionLocation]):
		return nil, billing.Wrong(spec.ID, "option location names no location such as EU")
	}
	var err error
	if r.most, err = billing.Whole(spec, OptionBytes, defaultBytes, 10<<20, mostBytes); err != nil {
		return nil, err
	}
	opt := httpx.For(spec, strings.TrimSuffix(spec.URL, "/"), googleapi.Signed(deps))
	r.client, err = httpx.New(opt)
	return billing.Seldom(r, deps.Clock, least), err
}

// Read reads the days whole, or nothing: a sum that lacks a page is none.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	asked, p := r.back.Span(r.clock.Now()), fleet.Partial{}
	var rows []row
	method, path, ask := http.MethodPost, r.path, r.ask(asked)
	for range mostPages {
		reply, err := r.client.Do(ctx, method, path, ask)
		if err != nil {
			return fleet.Partial{}, explained(reply, err)
		}
		p.ServerTime = reply.ServerTime
		var page answer
		if err := reply.JSON(&page); err != nil {
			return fleet.Partial{}, err
		}
		if rows, err = r.take(rows, &page); err != nil {
			return fleet.Partial{}, err
		}
		if page.Complete && page.Next == "" {
			return r.reading(asked, rows, p), nil
		}
		if page.Job.ID == "" {
			return fleet.Partial{}, r.unread("the answer names no job to go on with")
		}
		method, ask = http.MethodGet, nil
		path = r.path + "/" + url.PathEscape(page.Job.ID) + "?" + url.Values{"location": {page.Job.Location}, "pageToken": {page.Next},
			"maxResults": {strconv.Itoa(pageRows)}, "timeoutMs": {strconv.Itoa(int(patience.Milliseconds()))}}.Encode()
	}
	return fleet.Partial{}, r.unread("it has more than " + strconv.Itoa(mostPages) + " pages, or is never ready")
}

func (r *reader) unread(why string) error { return billing.Unread(r.spec.ID, "the costs", why) }
