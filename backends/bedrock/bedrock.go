// Package bedrock probes an account of Amazon Bedrock in one region: whether the key is accepted, how long an answer takes,
// which models and inference profiles it may call, in which regions these are answered and, where an option asks for them,
// the quotas in tokens per minute.
// It must ask nothing that costs money: lists of the control plane and of Service Quotas are free. It finds no credential
// by itself: no chain, no profile, no address of a machine's metadata.
package bedrock

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"pitwall/backends/internal/awsapi"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

const (
	// probeEvery keeps the probe far below the limits of the control plane.
	probeEvery = time.Minute
	// quotasEvery is how often quotas are asked for: they change when somebody has them changed, and come on many pages.
	quotasEvery = time.Hour
)

// The options of a source.
const (
	OptionQuotas    = "quotas"     // "yes" asks Service Quotas for tokens per minute
	OptionQuotasURL = "quotas_url" // address of Service Quotas, where it is not https://servicequotas.REGION.amazonaws.com
)

// Connector returns the connector "bedrock".
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "bedrock", Title: "Amazon Bedrock", Interval: probeEvery, NewReader: newReader,
		Reads: "a free probe of the control plane: key, latency, models, inference profiles with their regions; quotas by option"}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	client *httpx.Client
	quotas *awsapi.Call // nil where they are not asked for
	region string

	mu     sync.Mutex
	known  []quota
	dueAt  time.Time // when quotas are asked for again
	failed []fleet.Notice
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	region, err := regionOf(spec)
	if err != nil {
		return nil, err
	}
	r := &reader{spec: spec, clock: deps.Clock, region: region}
	signer := &awsapi.Signer{Source: spec.ID, Service: "bedrock", Region: region, Clock: deps.Clock, Keys: true}
	opt := httpx.For(spec, strings.TrimSuffix(spec.URL, "/"), deps)
	opt.Sign = signer.Sign
	if r.client, err = httpx.New(opt); err != nil {
		return nil, err
	}
	switch spec.Options[OptionQuotas] {
	case "", "no":
		return r, nil
	case "yes":
		r.quotas, err = quotaCall(spec, deps, region)
		return r, err
	default:
		return nil, wrong(spec.ID, "write yes or no for "+OptionQuotas)
	}
}

var otherPlane = regexp.MustCompile(`(?:^|\.)bedrock-(?:runtime|mantle|agent|agent-runtime)(?:-fips)?\.`)

// regionOf reads the region from the option or from the address.
func regionOf(spec fleet.SourceSpec) (string, error) {
	u, err := url.Parse(spec.URL)
	if err != nil {
		return "", wrong(spec.ID, "correct the url")
	}
	if otherPlane.MatchString(strings.ToLower(u.Hostname())) {
		return "", wrong(spec.ID, "the lists are with the control plane: write https://bedrock.REGION.amazonaws.com as url")
	}
	return awsapi.Region(spec, "bedrock", "")
}

func wrong(source fleet.SourceID, next string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the probe", Source: source, Next: next}
}

// Read probes once. A refused key gives both an error and a reading that says so.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	reply, err := r.get(ctx, "/foundation-models")
	p := fleet.Partial{At: r.clock.Now()}
	if err != nil {
		p.Provider = rented.Refused(err)
		return p, err
	}
	offered, err := readModels(r.spec.ID, reply)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.ServerTime = reply.ServerTime
	list, err := r.profiles(ctx)
	if err != nil {
		if rented.Stopped(err) {
			return fleet.Partial{}, err
		}
		p.Notices = append(p.Notices, rented.Without(fleet.Text("the inference profiles"), err))
	}
	names, err := callable(r.spec.ID, offered, list)
	if err != nil {
		return fleet.Partial{}, err
	}
	f := findings{region: r.region, offered: offered, list: list}
	for _, want := range r.spec.Models {
		f.look(want)
	}
	p.Notices = append(p.Notices, f.notices...)
	p.Notices = append(p.Notices, r.availability(ctx, f.bases)...)
	p.Provider = &fleet.ProviderReading{
		Authorised: rented.Accepted(r.spec.Auth),
		Latency:    fleet.Some(fleet.Seconds(reply.Took.Seconds())),
		Models:     names,
		Regions:    f.regions,
	}
	if r.quotas != nil {
		limits, notices := r.readQuotas(ctx, f.wanted)
		p.Provider.Limits = limits
		p.Notices = append(p.Notices, notices...)
	}
	return p, nil
}

// get reads one path and puts a refusal into AWS's words.
func (r *reader) get(ctx context.Context, path string) (*httpx.Reply, error) {
	reply, err := r.client.Do(ctx, http.MethodGet, path, nil)
	return reply, awsapi.Told(reply, err, r.clock.Now())
}
