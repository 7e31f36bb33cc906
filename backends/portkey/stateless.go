package portkey

import (
	"context"
	"errors"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// greeting is how the page of the open-source gateway begins, which is all that it can be asked.
const greeting = "AI Gateway"

// stateless says of the open-source gateway what can be done about weights that it does not keep.
var stateless = fleet.Text("the open-source gateway keeps no routes: weights belong to its clients, in the x-portkey-config header of " +
	"each request; change that header where they set it, or save the config in Portkey's control plane and let clients name it")

type gatewayReader struct {
	client *httpx.Client
	source fleet.SourceID
	clock  fleet.Clock
}

func newGatewayReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	client, err := httpx.New(httpx.For(spec, spec.URL, deps))
	if err != nil {
		return nil, err
	}
	return &gatewayReader{client, spec.ID, deps.Clock}, nil
}

// Read asks whether it answers. There is nothing else to be asked: other paths are requests to models.
func (r *gatewayReader) Read(ctx context.Context) (fleet.Partial, error) {
	reply, err := r.client.Get(ctx, "/", "text/plain")
	if err != nil {
		return fleet.Partial{}, err
	}
	if !strings.HasPrefix(strings.TrimSpace(string(reply.Body)), greeting) {
		return fleet.Partial{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "read /", Source: r.source,
			Err: errors.New("it does not answer as a Portkey gateway does"), Next: "check the url: it is the gateway's root, without /v1"}
	}
	return fleet.Partial{At: r.clock.Now(), ServerTime: reply.ServerTime, Health: fleet.Some(true),
		Gateway: &fleet.GatewayReading{Mode: fleet.GatewayModeNone, ModeWhy: stateless, CanBlock: fleet.Some(false),
			MetricsWhy: fleet.Text("the open-source gateway has no metrics page")}}, nil
}
