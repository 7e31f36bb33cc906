// Package bedrockusage reads what Amazon Bedrock counts of an account in one region: tokens, requests and images by model, from
// CloudWatch. CloudWatch charges for each metric that is asked for: it must say what it spent, and keep to a day's cap.
package bedrockusage

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/awsapi"
	"pitwall/backends/internal/billing"
	"pitwall/fleet"
)

const (
	every = 5 * time.Minute
	// price of one metric that is asked for, in US dollars; a page of the list of metrics costs as much.
	price = "0.00001"
	// capPerDay is what it may spend in a day where nothing is configured: 300 metrics each time.
	capPerDay = "1"
	// lag is how late a minute may be in CloudWatch.
	lag = 10 * time.Minute
	// mostQueries is what one call may ask for, mostModels what is asked for at all.
	mostQueries = 500
	mostModels  = 500
	// mostPages bounds each list.
	mostPages = 50
	namespace = "AWS/Bedrock"
)

// metrics are what is summed of each model. Input leaves out what is read from a cache or written to one, which have counters of
// their own; how long a cache lives is not told apart.
var metrics = map[string]fleet.UsageKind{
	"InputTokenCount": fleet.UseInput, "OutputTokenCount": fleet.UseOutput, "CacheReadInputTokenCount": fleet.UseCacheRead,
	"CacheWriteInputTokenCount": fleet.UseCacheWrite5m, "Invocations": fleet.UseRequests, "OutputImageCount": fleet.UseImages,
}

// Connector returns the connector "bedrock-usage". A source's URL is https://monitoring.REGION.amazonaws.com.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "bedrock-usage", Title: "Amazon Bedrock in CloudWatch", Interval: every, NewReader: newReader,
		Reads: "reported: tokens, cached ones apart, requests and images by model and hour. $0.01 per 1000 metrics"}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	list   *awsapi.Call
	data   *awsapi.Call
	till   *billing.Till
	back   billing.Lately
	region string
	paid   int // calls and metrics of the read under way
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	r := &reader{spec: spec, clock: deps.Clock}
	if err := billing.Options(spec, awsapi.OptionRegion, billing.OptionCap); err != nil {
		return nil, err
	}
	var err error
	if r.region, err = awsapi.Region(spec, "monitoring", ""); err != nil {
		return nil, err
	}
	if r.till, err = billing.NewTill(spec, deps, price, capPerDay); err != nil {
		return nil, err
	}
	api := awsapi.API{Address: spec.URL, Service: "monitoring", Region: r.region, Version: "1.0"}
	api.Target = "GraniteServiceVersion20100801.ListMetrics"
	if r.list, err = api.Open(spec, deps); err != nil {
		return nil, err
	}
	api.Target = "GraniteServiceVersion20100801.GetMetricData"
	r.data, err = api.Open(spec, deps)
	return r, err
}

// series is one metric of one model.
type series struct {
	model fleet.ModelName
	name  string
}

// Read reads all hours that may have changed.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	p := fleet.Partial{}
	r.paid = 0
	all, err := r.series(ctx, &p)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.Bill, err = r.back.Ask(r.clock, lag, func(h *billing.Hours, span fleet.Span, width time.Duration) error {
		for part := range slices.Chunk(all, perCall(span, width)) {
			if err := r.sums(ctx, part, span, width, h); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fleet.Partial{}, err
	}
	p.At = r.clock.Now()
	p.Bill.Calls, p.Bill.CallPrice = r.paid, fleet.Some(r.till.Price())
	return p, nil
}

// mostPoints is how many values one call may give.
const mostPoints = 100_800

// perCall is for how many series one call may ask.
func perCall(span fleet.Span, width time.Duration) int {
	points := int(span.To.Sub(span.From)/width) + 1
	return max(1, min(mostQueries, mostPoints/points))
}

// series lists what there is to sum: models that were called in the last two weeks.
func (r *reader) series(ctx context.Context, p *fleet.Partial) ([]series, error) {
	var all []series
	ask := map[string]any{"Namespace": namespace}
	for range mostPages {
		var page struct {
			Metrics *[]struct {
				Name       string `json:"MetricName"`
				Dimensions []struct{ Name, Value string }
			}
			Next string `json:"NextToken"`
		}
		err := r.pay(ctx, 1, func(ctx context.Context) error {
			reply, err := r.list.Do(ctx, ask, &page)
			if err == nil {
				p.ServerTime = reply.ServerTime
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if page.Metrics == nil {
			return nil, r.unread("the answer holds no list of metrics; check the url")
		}
		for _, m := range *page.Metrics {
			// With more dimensions the same tokens are counted once more: by content type, by image size.
			if _, wanted := metrics[m.Name]; wanted && len(m.Dimensions) == 1 && m.Dimensions[0].Name == "ModelId" && m.Dimensions[0].Value != "" {
				all = append(all, series{fleet.ModelName(m.Dimensions[0].Value), m.Name})
			}
		}
		if len(all) > mostModels*len(metrics) {
			return nil, r.unread("it lists more models than are read")
		}
		if page.Next == "" {
			return all, nil
		}
		ask["NextToken"] = page.Next
	}
	return nil, r.unread("the list of metrics does not end")
}

func (r *reader) pay(ctx context.Context, n int, call func(context.Context) error) error {
	err := r.till.Pay(ctx, n, call)
	if err == nil {
		r.paid += n
	}
	return err
}

func (r *reader) unread(why string) error { return billing.Unread(r.spec.ID, "the usage", why) }

// whole reads a count that a sum of counts can be.
func whole(n float64) (decimal.Decimal, bool) {
	const most = 1 << 53 // beyond it a float64 does not count by ones
	if !(n >= 0 && n <= most) {
		return decimal.Decimal{}, false
	}
	return decimal.NewFromFloat(n), true
}
