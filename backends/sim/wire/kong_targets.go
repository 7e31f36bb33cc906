package wire

import (
	"fmt"
	"math"

	"pitwall/backends/sim/world"
)

// The bounds of a target (schema of Kong 3.10).
const (
	kongLeast = 1
	kongMost  = 65535
)

var kongProviders = map[string]bool{"anthropic": true, "azure": true, "bedrock": true, "cohere": true, "gemini": true, "huggingface": true,
	"llama2": true, "mistral": true, "openai": true}

// check holds targets against what Kong takes; field and why are empty where it takes them.
func (p *kongPlugin) check(targets []map[string]any) (field, why string) {
	for i, t := range targets {
		at := fmt.Sprintf("config.targets.%d", i+1)
		if weight, is := t["weight"]; is && weight != nil {
			n, ok := weight.(float64)
			if !ok || n != math.Trunc(n) {
				return at + ".weight", "expected an integer"
			}
			if n < kongLeast || n > kongMost {
				return at + ".weight", "value should be between 1 and 65535"
			}
		}
		if t["route_type"] != "llm/v1/chat" && t["route_type"] != "llm/v1/completions" && t["route_type"] != "preserve" {
			return at + ".route_type", "required field missing"
		}
		model, _ := t["model"].(map[string]any)
		if provider, _ := model["provider"].(string); !kongProviders[provider] {
			return at + ".model.provider", "required field missing"
		}
		auth, _ := t["auth"].(map[string]any)
		if (auth["header_name"] == nil) != (auth["header_value"] == nil) {
			return at + ".auth", "all or none of these fields must be set: 'header_name', 'header_value'"
		}
		if p.deployment(t) == "" {
			return at + ".model", "the simulated fleet has a fixed set of models: none can be added"
		}
	}
	return "", ""
}

// store keeps the targets as they were sent and gives the world their weights. This node takes them over at once, the others
// when they look into the database.
func (p *kongPlugin) store(g *world.Gateway, targets []map[string]any) {
	now := p.world.Now()
	weights := map[string]float64{}
	for _, t := range p.targets {
		weights[p.deployment(t)] = 0
	}
	for _, t := range targets {
		w, ok := t["weight"].(float64)
		if !ok {
			w = 100
		}
		weights[p.deployment(t)] = w
	}
	p.targets, p.updated = targets, now.Unix()
	for i := range p.world.Spec.Deployments {
		id := p.world.Spec.Deployments[i].ID
		if w, named := weights[id]; named {
			g.Write(id, world.Change{Params: map[string]any{"weight": w}, By: "kong"}, now)
		}
	}
}
