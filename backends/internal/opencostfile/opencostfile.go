// Package opencostfile reads what OpenCost says of the cost of a cluster, from its API or from files: allocations as JSON and
// CSV, the cost of inference by model, and price lists of machines.
// It must not ask anything, and never takes the cost of what was in use for the cost of what was held.
package opencostfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"pitwall/backends/internal/sheet"
)

var (
	errCode   = errors.New("OpenCost answers with an error in place of data")
	errAnswer = errors.New("it is not an answer of OpenCost")
	// nonNumbers are what OpenCost has written where a division by zero was, which is no JSON.
	nonNumbers = regexp.MustCompile(`:\s*[+-]?(NaN|Inf(inity)?)`)
)

// Number is a number of an answer; null and what is no number are unknown.
type Number struct{ sheet.Amount }

// UnmarshalJSON reads a number or a text of one.
func (n *Number) UnmarshalJSON(b []byte) error {
	n.Amount, _ = sheet.ParseAmount(bytes.Trim(b, `"`))
	return nil
}

// Window is a time, whose ends may be null.
type Window struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Range is the window in seconds; false where it has no end.
func (w Window) Range() (sheet.Range, bool) {
	r := sheet.Range{From: w.Start.Unix(), To: w.End.Unix()}
	return r, !w.Start.IsZero() && !w.End.IsZero() && !r.Empty() && w.Start.Year() >= 2000 && w.End.Year() < 2100
}

// Allocation is what one part of a cluster cost: a namespace, a controller, or what nobody held.
type Allocation struct {
	Name       string `json:"name"`
	Properties struct {
		Cluster    string            `json:"cluster"`
		Namespace  string            `json:"namespace"`
		Controller string            `json:"controller"`
		Labels     map[string]string `json:"labels"`
	} `json:"properties"`
	Window    Window `json:"window"`
	TotalCost Number `json:"totalCost"`
	GPUCost   Number `json:"gpuCost"`
	GPUHours  Number `json:"gpuHours"`
}

// Idle is the name of the allocation that nobody holds.
const Idle = "__idle__"

// Inference is what one model cost, on one basis.
type Inference struct {
	Properties struct {
		ModelName string `json:"modelName"`
		Namespace string `json:"namespace"`
		Cluster   string `json:"cluster"`
	} `json:"properties"`
	Window           Window `json:"window"`
	CostBasis        string `json:"costBasis"`
	TotalCost        Number `json:"totalCost"`
	PromptTokens     Number `json:"promptTokens"`
	GenerationTokens Number `json:"generationTokens"`
	InputCost        Number `json:"inputCost"`
	OutputCost       Number `json:"outputCost"`
	PerMillion       Number `json:"costPerMillionTokens"`
}

// The bases of the cost of inference: what a model held, and what of it was at work.
const (
	BasisAllocation = "allocation"
	BasisUsage      = "usage"
)

// decode reads the envelope of an answer.
func decode(body []byte) (json.RawMessage, error) {
	var e struct {
		Code *int            `json:"code"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(nonNumbers.ReplaceAll(body, []byte(":null")), &e); err != nil {
		return nil, errAnswer
	}
	if e.Code != nil && *e.Code/100 != 2 {
		return nil, fmt.Errorf("%w (code %d)", errCode, *e.Code)
	}
	return e.Data, nil
}

// Allocations reads an answer of /allocation: one map a step.
func Allocations(body []byte) ([]map[string]Allocation, error) {
	data, err := decode(body)
	if err != nil {
		return nil, err
	}
	var steps []map[string]Allocation
	if data == nil || json.Unmarshal(data, &steps) != nil || steps == nil {
		return nil, errAnswer
	}
	return steps, nil
}

// inferenceSet is the costs of one time.
type inferenceSet struct {
	Costs  map[string]Inference `json:"inferenceCosts"`
	Window Window               `json:"window"`
}

// Inferences reads an answer of /inferenceCost/total or /inferenceCost/timeseries.
func Inferences(body []byte) ([]map[string]Inference, error) {
	data, err := decode(body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		inferenceSet
		Sets []inferenceSet `json:"inferenceCostSets"`
	}
	if data == nil || json.Unmarshal(data, &answer) != nil || answer.Costs == nil && answer.Sets == nil {
		return nil, errAnswer
	}
	if answer.Costs != nil {
		answer.Sets = append(answer.Sets, answer.inferenceSet)
	}
	var out []map[string]Inference
	for _, s := range answer.Sets {
		for key, c := range s.Costs {
			if _, ok := c.Window.Range(); !ok {
				c.Window = s.Window
				s.Costs[key] = c
			}
		}
		out = append(out, s.Costs)
	}
	return out, nil
}
