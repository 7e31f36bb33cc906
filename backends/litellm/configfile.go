package litellm

import (
	"fmt"
	"math"
	"reflect"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"pitwall/backends/internal/yamltext"
	"pitwall/fleet"
)

// configFile is a LiteLLM config.yaml: its bytes, what they mean, and where the members' weights stand.
type configFile struct {
	text    []byte
	members []fileMember
}

// fileMember is one entry of model_list.
type fileMember struct {
	index  int
	route  string
	id     fleet.DeploymentID // "" where model_info.id is not pinned: LiteLLM then hashes all parameters
	weight fleet.Maybe[float64]
	odd    bool     // the weight is written as something else than a number
	params ast.Node // the mapping under litellm_params; nil where there is none of its own
}

// parseConfig reads a config file. The error says why pitwall does not edit such a file.
func parseConfig(text []byte) (c *configFile, err error) {
	defer func() { // the YAML library is fed with whatever a file holds; its faults must not end the console
		if r := recover(); r != nil {
			c, err = nil, fmt.Errorf("the file cannot be parsed: %v", r)
		}
	}()
	file, err := parser.ParseBytes(yamltext.PlainLines(text), 0)
	if err != nil {
		return nil, fmt.Errorf("the file is not valid YAML: %w", err)
	}
	if len(file.Docs) != 1 {
		return nil, fmt.Errorf("the file holds %d YAML documents, and LiteLLM reads one", len(file.Docs))
	}
	meaning, err := decode(text)
	if err != nil {
		return nil, err
	}
	list, ok := meaning["model_list"].([]any)
	if !ok {
		return nil, fmt.Errorf("the file has no model_list of its own")
	}
	nodes, ok := yamltext.Unwrap(yamltext.Under(file.Docs[0].Body, "model_list")).(*ast.SequenceNode)
	if !ok || len(nodes.Values) != len(list) {
		return nil, fmt.Errorf("the model_list of the file is not a plain list")
	}
	c = &configFile{text: text}
	for i, entry := range list {
		c.members = append(c.members, newFileMember(i, entry, nodes.Values[i]))
	}
	return c, nil
}

// decode gives the meaning of the file, with anchors and merge keys resolved.
func decode(text []byte) (map[string]any, error) {
	var meaning map[string]any
	if err := yaml.Unmarshal(yamltext.PlainLines(text), &meaning); err != nil {
		return nil, fmt.Errorf("the file is not valid YAML: %w", err)
	}
	return meaning, nil
}

func newFileMember(index int, entry any, node ast.Node) fileMember {
	m := fileMember{index: index}
	fields, _ := entry.(map[string]any)
	m.route, _ = fields["model_name"].(string)
	info, _ := fields["model_info"].(map[string]any)
	if id, ok := info["id"]; ok && id != nil {
		m.id = fleet.DeploymentID(fmt.Sprint(id))
	}
	values, _ := fields["litellm_params"].(map[string]any)
	if w, ok := values["weight"]; ok && w != nil {
		m.weight = asNumber(w)
		m.odd = !m.weight.OK
	}
	switch own := yamltext.Under(node, "litellm_params").(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		m.params = own
	case *ast.AnchorNode:
		m.params = yamltext.Unwrap(own)
	}
	return m
}

func asNumber(v any) fleet.Maybe[float64] {
	switch n := v.(type) {
	case uint64:
		return fleet.Some(float64(n))
	case int64:
		return fleet.Some(float64(n))
	case int:
		return fleet.Some(float64(n))
	case float64:
		if !math.IsNaN(n) && !math.IsInf(n, 0) {
			return fleet.Some(n)
		}
	}
	return fleet.None[float64]()
}

// members of the route, each target by its pinned id. The error is a sentence on what is in the way.
func (c *configFile) targets(r fleet.RouteSpec) (map[fleet.TargetID]fileMember, error) {
	found := map[fleet.TargetID]fileMember{}
	unpinned := 0
	for _, m := range c.members {
		if m.route != string(r.ID) {
			continue
		}
		if m.id == "" {
			unpinned++
			continue
		}
		for _, t := range r.Targets {
			if deploymentOf(t) != m.id {
				continue
			}
			if _, twice := found[t.ID]; twice {
				return nil, fmt.Errorf("two members of %s have the id %s", r.ID, m.id)
			}
			found[t.ID] = m
		}
	}
	if unpinned > 0 {
		return nil, fmt.Errorf("%d members of %s have no model_info.id: a new weight would change their ids, and with "+
			"them every metric and log link; pin model_info.id in the file first", unpinned, r.ID)
	}
	for _, t := range r.Targets {
		if _, ok := found[t.ID]; !ok {
			return nil, fmt.Errorf("no member of %s in the file has the id %s", r.ID, deploymentOf(t))
		}
	}
	return found, nil
}

// weights are the configured weights of the route's targets; targets without a weight are missing.
func (c *configFile) weights(r fleet.RouteSpec) (fleet.Weights, error) {
	found, err := c.targets(r)
	if err != nil {
		return nil, err
	}
	w := fleet.Weights{}
	for id, m := range found {
		switch whole, ok := wholeWeight(m.weight); {
		case m.odd || m.weight.OK && !ok:
			return nil, fmt.Errorf("the weight of %s in the file is not a whole number", id)
		case ok:
			w[id] = whole
		}
	}
	return w, nil
}

// wholeWeight gives a weight that fits fleet.Weights.
func wholeWeight(w fleet.Maybe[float64]) (int, bool) {
	if !w.OK || w.V < 0 || w.V > maxWeight || w.V != math.Trunc(w.V) {
		return 0, false
	}
	return int(w.V), true
}

// maxWeight keeps sums of weights far from overflow.
const maxWeight = 1_000_000_000

// unchangedBesides tells whether two texts mean the same but for the weights of the given entries.
func unchangedBesides(before, after []byte, entries map[int]bool) (same bool) {
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	a, errA := decode(before)
	b, errB := decode(after)
	if errA != nil || errB != nil {
		return false
	}
	for i := range entries {
		if !dropWeight(a, i) || !dropWeight(b, i) {
			return false
		}
	}
	return reflect.DeepEqual(a, b)
}

func dropWeight(meaning map[string]any, entry int) bool {
	list, _ := meaning["model_list"].([]any)
	if entry >= len(list) {
		return false
	}
	fields, _ := list[entry].(map[string]any)
	values, ok := fields["litellm_params"].(map[string]any)
	if !ok {
		return false
	}
	clean := map[string]any{}
	for k, v := range values { // a copy: aliases may share the map with other entries
		if k != "weight" {
			clean[k] = v
		}
	}
	copied := map[string]any{}
	for k, v := range fields {
		copied[k] = v
	}
	copied["litellm_params"] = clean
	list[entry] = copied
	return true
}
