// Package azureusage reads what a resource of Azure OpenAI counts: tokens and requests by deployment, from Azure Monitor. It must not
// take a minute without a sum for a minute without use.
package azureusage

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/azureapi"
	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// OptionResource is the ID of the account.
const OptionResource = "resource"

const (
	every = 5 * time.Minute
	// lag is how late a minute may be in Azure Monitor.
	lag = 10 * time.Minute
	// version of the API.
	version = "2024-02-01"
	// mostDeployments is how many series of a metric are asked for. Without it Azure gives ten, and says nothing of the others.
	mostDeployments = 1000
	// mostSpan is what one question may be about.
	mostSpan = 14 * billing.Day
)

// metrics are what is summed of each deployment. Prompt tokens hold the cached ones.
var metrics = map[string]fleet.UsageKind{
	"ProcessedPromptTokens": fleet.UseInput, "GeneratedTokens": fleet.UseOutput, "AzureOpenAIRequests": fleet.UseRequests,
}

// names are the metrics in one word.
const names = "ProcessedPromptTokens,GeneratedTokens,AzureOpenAIRequests"

// Connector returns the connector "azure-usage". A source's URL is https://management.azure.com.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "azure-usage", Title: "Azure OpenAI in Azure Monitor", Interval: every, NewReader: newReader,
		Reads: "reported: prompt and generated tokens and requests by deployment and hour; cached tokens are not told apart"}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	client *httpx.Client
	back   billing.Lately
	path   string
}

var resource = regexp.MustCompile(`(?i)^/subscriptions/[\w-]{1,64}/resourceGroups/[\w.()-]{1,90}/providers/` +
	`Microsoft\.CognitiveServices/accounts/[\w.-]{1,64}$`)

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	if err := billing.Options(spec, OptionResource); err != nil {
		return nil, err
	}
	at := strings.TrimSuffix(spec.Options[OptionResource], "/")
	if !resource.MatchString(at) {
		return nil, billing.Wrong(spec.ID, "option resource is no ID of an account such as "+
			"/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.CognitiveServices/accounts/NAME")
	}
	r := &reader{spec: spec, clock: deps.Clock, path: at + "/providers/Microsoft.Insights/metrics"}
	var err error
	r.client, err = httpx.New(httpx.For(spec, strings.TrimSuffix(spec.URL, "/"), deps))
	return r, err
}

// uncertain says what these sums are not.
var uncertain = fleet.Text(
	"prompt tokens hold the cached ones, which Azure Monitor does not tell apart: what they cost is an upper estimate")

// Read reads all hours that may have changed.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	return r.back.Usage(r.clock, lag, uncertain, func(h *billing.Hours, span fleet.Span, width time.Duration, p *fleet.Partial) error {
		for from := span.From; from.Before(span.To); from = from.Add(mostSpan) {
			part := fleet.Span{From: from, To: from.Add(mostSpan)}
			if part.To.After(span.To) {
				part.To = span.To
			}
			if err := r.sums(ctx, part, width, h, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// sums asks for the sums of one span.
func (r *reader) sums(ctx context.Context, span fleet.Span, width time.Duration, into *billing.Hours, p *fleet.Partial) error {
	grain := "PT1M"
	if width == time.Hour {
		grain = "PT1H"
	}
	q := url.Values{"api-version": {version}, "metricnames": {names}, "aggregation": {"Total"}, "interval": {grain},
		"top": {strconv.Itoa(mostDeployments)}, "timespan": {span.From.Format(time.RFC3339) + "/" + span.To.Format(time.RFC3339)},
		"$filter": {"ModelDeploymentName eq '*'"}}
	reply, err := r.client.Do(ctx, http.MethodGet, r.path+"?"+q.Encode(), nil)
	if err != nil {
		return azureapi.Explained(reply, err)
	}
	p.ServerTime = reply.ServerTime
	var page answer
	if err := reply.JSON(&page); err != nil {
		return err
	}
	into.Only(span)
	return r.add(page, width, into)
}

func (r *reader) unread(why string) error { return billing.Unread(r.spec.ID, "the usage", why) }
