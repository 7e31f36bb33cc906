package sim

import (
	"context"
	"net/http"
	"time"

	"pitwall/backends/sim/bentoapi"
	"pitwall/backends/sim/wire"
)

// BentoCloudName is the endpoint of the simulated BentoCloud, of a fleet that has one.
const BentoCloudName = "bentocloud"

// bentoCloud is the simulated BentoCloud of a fleet.
type bentoCloud struct {
	url    string
	server *http.Server
}

// The Bentos that were pushed: of the second one everything goes well, of the others something does not.
var bentos = map[string]bentoapi.Bento{
	"assistant:a1":          {Entry: "Assistant", Models: []string{"llama-3.1-8b"}, Load: 3 * time.Minute},
	"assistant:a2":          {Entry: "Assistant", Models: []string{"llama-3.1-8b"}, Build: 2 * time.Minute, Load: 3 * time.Minute},
	"assistant:neverready":  {Entry: "Assistant", Models: []string{"llama-3.1-70b"}, Load: 3 * time.Minute, NeverReady: true},
	"assistant:crashes":     {Entry: "Assistant", Models: []string{"llama-3.1-8b"}, Load: 3 * time.Minute, Crashes: true},
	"assistant:unbuildable": {Entry: "Assistant", Build: time.Minute, Unbuildable: true},
}

const assistant = `{"bento": "assistant:a1", "access_authorization": true, "secrets": ["hub"],
 "services": {"Assistant": {"instance_type": "gpu.l4.1",
  "scaling": {"min_replicas": 2, "max_replicas": 4}, "deployment_strategy": "RollingUpdate"}}}`

// bentosBehind is how long a status stays that of before.
const bentosBehind = 3 * time.Second

// serveBentos serves a BentoCloud where the fleet is to have one; nil otherwise.
func serveBentos(ctx context.Context, o Options) (*bentoCloud, error) {
	if !o.BentoCloud {
		return nil, nil //nolint:nilnil // most fleets have none
	}
	held, err := wire.Reserve(ctx, []string{BentoCloudName})
	if err != nil {
		return nil, err
	}
	l := held[BentoCloudName]
	c := &bentoCloud{url: "http://" + l.Addr().String()}
	c.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: bentoapi.New(bentoapi.Options{Clock: o.Clock, Token: key,
		Bentos: bentos, Behind: bentosBehind, Deployments: []bentoapi.Deployment{{Name: "assistant", Cluster: "north", Body: assistant}}})}
	go func() { _ = c.server.Serve(l) }() // ends with http.ErrServerClosed
	return c, nil
}

func (c *bentoCloud) close() error {
	if c == nil {
		return nil
	}
	return c.server.Close()
}
