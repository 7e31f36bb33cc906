// Package registry lists the connectors: adding one means its folder under backends and its line here.
// It holds no logic of any of them.
package registry

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pitwall/backends/alertmanager"
	"pitwall/backends/amd"
	"pitwall/backends/anthropiccosts"
	"pitwall/backends/argorollouts"
	"pitwall/backends/autoscalers"
	"pitwall/backends/awscosts"
	"pitwall/backends/azurecosts"
	"pitwall/backends/azureml"
	"pitwall/backends/azureopenai"
	"pitwall/backends/azureusage"
	"pitwall/backends/azurevms"
	"pitwall/backends/bedrock"
	"pitwall/backends/bedrockusage"
	"pitwall/backends/bentocloud"
	"pitwall/backends/bentoml"
	"pitwall/backends/coreweave"
	"pitwall/backends/dcgm"
	"pitwall/backends/digitalocean"
	"pitwall/backends/discovery"
	"pitwall/backends/ec2"
	"pitwall/backends/envoyaigateway"
	"pitwall/backends/flagger"
	"pitwall/backends/focus"
	"pitwall/backends/gatewayroutes"
	"pitwall/backends/gce"
	"pitwall/backends/gemini"
	"pitwall/backends/googlecosts"
	"pitwall/backends/istio"
	"pitwall/backends/kong"
	"pitwall/backends/kserve"
	"pitwall/backends/kube"
	"pitwall/backends/kubenodes"
	"pitwall/backends/kuberay"
	"pitwall/backends/lambda"
	"pitwall/backends/litellm"
	"pitwall/backends/litellmcosts"
	"pitwall/backends/llamacpp"
	"pitwall/backends/modelrewrite"
	"pitwall/backends/nvidiagpu"
	"pitwall/backends/nvidiasmi"
	"pitwall/backends/onprem"
	"pitwall/backends/openai"
	"pitwall/backends/openaicosts"
	"pitwall/backends/opencost"
	"pitwall/backends/openrouter"
	"pitwall/backends/openroutercosts"
	"pitwall/backends/paperspace"
	"pitwall/backends/portkey"
	"pitwall/backends/probe"
	"pitwall/backends/productionstack"
	"pitwall/backends/prometheus"
	"pitwall/backends/rayapi"
	"pitwall/backends/rayserve"
	"pitwall/backends/runpod"
	"pitwall/backends/seldon"
	"pitwall/backends/sglang"
	"pitwall/backends/smg"
	"pitwall/backends/statusfeed"
	"pitwall/backends/tgi"
	"pitwall/backends/together"
	"pitwall/backends/togethercompute"
	"pitwall/backends/togethercosts"
	"pitwall/backends/triton"
	"pitwall/backends/trtllm"
	"pitwall/backends/vertex"
	"pitwall/backends/vertexai"
	"pitwall/backends/vertexusage"
	"pitwall/backends/vllm"
	"pitwall/backends/workloads"
	"pitwall/backends/yatai"
	"pitwall/fleet"
)

// Connectors returns every kind of system that pitwall can talk to.
func Connectors() []fleet.Connector {
	return slices.Concat(
		[]fleet.Connector{vllm.Connector()},
		[]fleet.Connector{sglang.Connector(), trtllm.Connector(), triton.Connector(), tgi.Connector(), llamacpp.Connector()},
		[]fleet.Connector{rayserve.Connector(), bentoml.Connector()},
		[]fleet.Connector{dcgm.Connector()},
		[]fleet.Connector{nvidiagpu.Connector()},
		[]fleet.Connector{amd.Connector()},
		[]fleet.Connector{nvidiasmi.Connector()},
		[]fleet.Connector{litellm.Connector()},
		[]fleet.Connector{kong.Connector()},
		[]fleet.Connector{productionstack.Connector()},
		openai.Connectors(),
		[]fleet.Connector{bedrock.Connector(), together.Connector(), openrouter.Connector()},
		[]fleet.Connector{focus.Connector(), opencost.Connector()},
		portkey.Connectors(),
		statusfeed.Connectors(),
		[]fleet.Connector{smg.Connector()},
		[]fleet.Connector{prometheus.Connector()},
		[]fleet.Connector{alertmanager.Connector()},
		[]fleet.Connector{discovery.Around(kube.Connector(), Connectors)},
		[]fleet.Connector{workloads.Connector()},
		[]fleet.Connector{autoscalers.Connector()},
		[]fleet.Connector{kubenodes.Connector()},
		[]fleet.Connector{kserve.Connector()},
		[]fleet.Connector{kuberay.Connector(), rayapi.Connector()},
		[]fleet.Connector{argorollouts.Connector()},
		[]fleet.Connector{flagger.Connector()},
		[]fleet.Connector{seldon.Connector()},
		[]fleet.Connector{gatewayroutes.Connector(), envoyaigateway.Connector(), modelrewrite.Connector(), istio.Connector()},
		[]fleet.Connector{yatai.Connector()},
		[]fleet.Connector{probe.Connector()},
		[]fleet.Connector{bentocloud.Connector(), azureml.Connector(), vertex.Connector()},
		[]fleet.Connector{openaicosts.Connector(), anthropiccosts.Connector(), openroutercosts.Connector(), litellmcosts.Connector(),
			togethercosts.Connector()},
		[]fleet.Connector{gemini.Connector(), vertexai.Connector(), azureopenai.Connector()},
		[]fleet.Connector{awscosts.Connector(), azurecosts.Connector(), googlecosts.Connector()},
		[]fleet.Connector{bedrockusage.Connector(), azureusage.Connector(), vertexusage.Connector()},
		[]fleet.Connector{ec2.Connector(), azurevms.Connector(), gce.Connector(), coreweave.Connector()},
		[]fleet.Connector{onprem.Connector(), lambda.Connector(), runpod.Connector(), togethercompute.Connector(),
			digitalocean.Connector(), paperspace.Connector()},
	)
}

// Set is the connectors of one run.
type Set []fleet.Connector

// Interval is the default interval of a kind, 0 for an unknown one.
func (s Set) Interval(kind string) time.Duration {
	if c := s.find(kind); c != nil {
		return c.Interval
	}
	return 0
}

func (s Set) find(kind string) *fleet.Connector {
	for i := range s {
		if s[i].Kind == kind {
			return &s[i]
		}
	}
	return nil
}

// Open opens the reader of one source.
func (s Set) Open(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	c := s.find(spec.Kind)
	if c == nil || c.NewReader == nil {
		return nil, s.unknown(spec.Kind, spec.ID)
	}
	deps.Via = spec.Via
	return c.NewReader(spec, deps)
}

// Readers opens a reader for each source that is not read through a store. One that cannot be opened is a problem of
// that source, not of the others.
func (s Set) Readers(sources []fleet.SourceSpec, deps fleet.Deps) (map[fleet.SourceID]fleet.Reader, map[fleet.SourceID]error) {
	readers, problems := map[fleet.SourceID]fleet.Reader{}, map[fleet.SourceID]error{}
	for _, spec := range sources {
		if spec.From != "" {
			continue
		}
		r, err := s.Open(spec, deps)
		if err != nil {
			problems[spec.ID] = err
			continue
		}
		readers[spec.ID] = r
	}
	return readers, problems
}

// Writers opens a writer for each gateway that can be written. It is only called while writing is allowed. The writers take routes
// by any ID.
func (s Set) Writers(gateways []fleet.GatewaySpec, deps fleet.Deps) (map[fleet.GatewayID]fleet.RouteWriter, error) {
	writers := map[fleet.GatewayID]fleet.RouteWriter{}
	var errs []error
	for _, spec := range gateways {
		c := s.find(spec.Kind)
		if c == nil || c.NewWriter == nil {
			continue
		}
		if spec.TLS.Insecure {
			errs = append(errs, &fleet.Error{Kind: fleet.KindReadOnly, Op: "open writer of " + string(spec.ID),
				Err: errors.New("TLS is not verified for this gateway"), Next: "it can be watched, not changed"})
			continue
		}
		w, err := c.NewWriter(spec, deps)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		writers[spec.ID] = asCalled(w)
	}
	return writers, errors.Join(errs...)
}

func (s Set) unknown(kind string, source fleet.SourceID) error {
	known := make([]string, 0, len(s))
	for _, c := range s {
		if c.NewReader != nil { // the others have no source of their own
			known = append(known, c.Kind)
		}
	}
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "open source", Source: source,
		Err: fmt.Errorf("there is no connector %q; there are %s", kind, strings.Join(known, ", "))}
}
