package sglang

import (
	"errors"
	"math"
	"strconv"

	"pitwall/backends/internal/enginepage"
	"pitwall/fleet"
)

// loads is the part that is read of GET /v1/loads (sgl-project/sglang v1_loads.py @0564b52).
type loads struct {
	Version string `json:"version"`
	Loads   []load `json:"loads"`
}

// load is one data-parallel rank. num_waiting_reqs holds the queues between prefill and decode, and not the grammar queue.
type load struct {
	Rank     *int     `json:"dp_rank"`
	Running  *float64 `json:"num_running_reqs"`
	Waiting  *float64 `json:"num_waiting_reqs"`
	Used     *float64 `json:"num_used_tokens"`
	Capacity *float64 `json:"max_total_num_tokens"`
	Usage    *float64 `json:"token_usage"`
	Speed    *float64 `json:"gen_throughput"`
	Queues   struct {
		Grammar *float64 `json:"grammar"`
	} `json:"queues"`
}

var (
	errNoLoads   = errors.New("the load report names no engine")
	errManyLoads = errors.New("the load report names more than 512 engines")
)

func (all *loads) partial() (fleet.Partial, error) {
	switch n := len(all.Loads); {
	case n == 0:
		return fleet.Partial{}, errNoLoads
	case n > enginepage.MaxEngines:
		return fleet.Partial{}, errManyLoads
	}
	p := fleet.Partial{Version: fleet.Label(all.Version), Notices: []fleet.Notice{{Level: fleet.LevelWarn, Text: fleet.Text(
		"metrics are off (start the server with --enable-metrics); load is read from /v1/loads, tokens and latency are unknown")}}}
	seen := map[string]bool{}
	for _, l := range all.Loads {
		name := ""
		if l.Rank != nil && len(all.Loads) > 1 { // as on the metrics page, which names ranks only where there are several
			name = strconv.Itoa(*l.Rank)
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		e := l.reading()
		e.Engine = name
		p.Engines = append(p.Engines, e)
	}
	return p, nil
}

func (l *load) reading() fleet.EngineReading {
	e := fleet.EngineReading{
		Running: count[fleet.Count](l.Running), Waiting: count[fleet.Count](l.Waiting),
		KVUsage: count[fleet.Ratio](l.Usage), LateTokens: true, Pulse: count[float64](l.Speed),
	}
	if e.Waiting.OK && l.Queues.Grammar != nil {
		e.Waiting.V += fleet.Count(max(0, *l.Queues.Grammar))
	}
	if l.Capacity != nil {
		e.KVCapacity = enginepage.Tokens(*l.Capacity, 1)
	}
	e.Work = standstill(e.Pulse, count[float64](l.Used))
	return e
}

// count takes what can be a count; what is missing or below zero is unknown.
func count[T ~float64](v *float64) fleet.Maybe[T] {
	if v == nil || *v < 0 || math.IsInf(*v, 0) {
		return fleet.None[T]()
	}
	return fleet.Some(T(*v))
}
