package awsapi

import (
	"context"
	"net/http"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// API is one call of a service that is spoken to in JSON.
type API struct {
	Address string
	Service string // as signatures name it
	Region  string
	Target  string // "ServiceQuotasV20190624.ListServiceQuotas"
	Version string // of its JSON: "1.0", "1.1"
}

// Call makes one call again and again.
type Call struct {
	client *httpx.Client
	clock  fleet.Clock
}

// Open opens a call with the credential of a source.
func (a API) Open(spec fleet.SourceSpec, deps fleet.Deps) (*Call, error) {
	s := &Signer{Source: spec.ID, Service: a.Service, Region: a.Region, Clock: deps.Clock}
	opt := httpx.For(spec, strings.TrimSuffix(a.Address, "/"), deps)
	opt.Sign, opt.Type = s.Sign, "application/x-amz-json-"+a.Version
	opt.Extra = http.Header{"X-Amz-Target": {a.Target}}
	client, err := httpx.New(opt)
	return &Call{client, deps.Clock}, err
}

// Do calls once and reads the answer into out. A refusal is put into AWS's words.
func (c *Call) Do(ctx context.Context, in, out any) (*httpx.Reply, error) {
	reply, err := c.client.Do(ctx, http.MethodPost, "/", in)
	if err != nil {
		return reply, Told(reply, err, c.clock.Now())
	}
	return reply, reply.JSON(out)
}
