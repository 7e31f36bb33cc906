// Package azureopenai probes resources of Azure OpenAI: whether the key is accepted, how long an answer takes, which deployments
// there are, what they may take and where they work. It must ask nothing that costs money: lists are free and need the key.
package azureopenai

import (
	"context"
	"net/http"
	"strings"
	"time"

	"pitwall/backends/internal/azureapi"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/ratelimits"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// probeEvery keeps the probe far below every published request limit.
const probeEvery = time.Minute

// deploymentsVersion is the only version of the API that lists deployments with the key of the resource. Later ones leave
// that to Resource Manager.
const deploymentsVersion = "2023-03-15-preview"

// Connector returns the connector of kind "azure-openai". A source's URL is that of the resource, such as
// "https://acme.openai.azure.com".
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "azure-openai", Title: "Azure OpenAI",
		Reads:    "free lists: key, latency, deployments with limits, type and region",
		Interval: probeEvery, NewReader: newReader}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	set    settings
	client *httpx.Client
	arm    *httpx.Client // Resource Manager; nil where it is not configured
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	set, err := parse(spec)
	if err != nil {
		return nil, err
	}
	r := &reader{spec: spec, clock: deps.Clock, set: set}
	opt := httpx.For(spec, set.base, deps)
	if !set.token {
		opt.Header = "api-key"
	}
	if r.client, err = httpx.New(opt); err != nil || set.resource == "" {
		return r, err
	}
	// Another party with another credential: neither the key of the resource nor its TLS settings go there.
	r.arm, err = httpx.New(httpx.Options{Source: spec.ID, Base: set.armURL, Auth: set.armToken, Deps: deps})
	return r, err
}

// Read probes once. A refused key gives both an error and a reading that says so. What cannot be told of deployments is a
// remark, since the key is proven without.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	reply, err := get(r.client)(ctx, r.set.modelsPath())
	p := fleet.Partial{At: r.clock.Now()}
	if err != nil {
		p.Provider = rented.Refused(err)
		return p, err
	}
	// These are models that could be deployed here. That they are a list shows that it is the right address.
	if _, err := rented.Models(r.spec.ID, reply); err != nil {
		return fleet.Partial{}, err
	}
	p.ServerTime = reply.ServerTime
	p.Provider = &fleet.ProviderReading{Authorised: rented.Accepted(r.spec.Auth),
		Latency: fleet.Some(fleet.Seconds(reply.Took.Seconds())),
		Limits:  whole(ratelimits.Read(reply.Header, reply.ServerTime, p.At, false))}
	region := reply.Header.Get("X-Ms-Region")
	if r.arm != nil {
		p.Notices = r.managed(ctx, p.Provider, &region)
	} else {
		p.Notices = r.listed(ctx, p.Provider)
	}
	p.Notices = append(p.Notices, r.set.place(region)...)
	p.At = r.clock.Now()
	return p, nil
}

// listed reads the deployments with the key of the resource. Their types and limits are not told there.
func (r *reader) listed(ctx context.Context, p *fleet.ProviderReading) []fleet.Notice {
	reply, err := get(r.client)(ctx, "/openai/deployments?api-version="+deploymentsVersion)
	if err != nil {
		return []fleet.Notice{rented.Without(fleet.Text("its deployments"), err)}
	}
	if p.Models, err = rented.Models(r.spec.ID, reply); err != nil {
		return []fleet.Notice{rented.Without(fleet.Text("its deployments"), err)}
	}
	return rented.Missing(r.spec.Models, p.Models, nil)
}

func get(c *httpx.Client) func(context.Context, string) (*httpx.Reply, error) {
	return func(ctx context.Context, path string) (*httpx.Reply, error) {
		reply, err := c.Do(ctx, http.MethodGet, path, nil)
		return reply, azureapi.Explained(reply, err)
	}
}

// whole leaves out what headers tell without its limit: Azure counts requests over ten seconds or one, so that what is left of
// them cannot be set against a limit per minute from elsewhere.
func whole(limits []fleet.Limit) []fleet.Limit {
	var out []fleet.Limit
	for _, l := range limits {
		if l.Max.OK || l.Kind != fleet.LimitRPM {
			out = append(out, l)
		}
	}
	return out
}

// plainRegion is a region as Resource Manager writes it: "Sweden Central" is "swedencentral".
func plainRegion(s string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
}
