package sglang

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// key is one process of a server, as the labels write it.
type key struct{ model, kind, dp, tp, pp, ep, pid []byte }

func keyOf(l promtext.Labels) key {
	var k key
	for {
		name, value, rest, ok := l.Next()
		if !ok {
			return k
		}
		switch string(name) {
		case "model_name", "name": // "name" in the earliest builds
			k.model = value
		case "engine_type":
			k.kind = value
		case "dp_rank":
			k.dp = value
		case "tp_rank":
			k.tp = value
		case "pp_rank":
			k.pp = value
		case "moe_ep_rank":
			k.ep = value
		case "pid":
			k.pid = value
		}
		l = rest
	}
}

// Equal compares all parts.
func (k key) Equal(o key) bool {
	return bytes.Equal(k.tp, o.tp) && bytes.Equal(k.dp, o.dp) && bytes.Equal(k.pp, o.pp) && bytes.Equal(k.ep, o.ep) &&
		bytes.Equal(k.pid, o.pid) && bytes.Equal(k.kind, o.kind) && bytes.Equal(k.model, o.model)
}

// isFrontEnd tells the process that takes requests and counts them from the ranks of the scheduler.
func (k key) isFrontEnd() bool { return k.dp == nil && k.tp == nil && k.pp == nil && k.ep == nil }

// sameEngine tells whether two processes repeat each other: all of one data-parallel rank do.
func (k key) sameEngine(o key) bool {
	return bytes.Equal(k.dp, o.dp) && bytes.Equal(k.kind, o.kind) && bytes.Equal(k.model, o.model) && k.isFrontEnd() == o.isFrontEnd()
}

// sameRank tells whether two series sets are those of one rank in different processes: one of them was restarted.
func (k key) sameRank(o key) bool {
	o.pid = k.pid
	return k.Equal(o)
}

// place orders the ranks of one engine: the lowest is the one that always reports.
func (k key) place(o key) int {
	return cmp.Or(compareRanks(k.tp, o.tp), compareRanks(k.pp, o.pp), compareRanks(k.ep, o.ep))
}

// compareRanks orders numbers by value, and other text by itself.
func compareRanks(a, b []byte) int {
	m, errA := strconv.Atoi(string(a))
	n, errB := strconv.Atoi(string(b))
	if errA == nil && errB == nil {
		return cmp.Compare(m, n)
	}
	return bytes.Compare(a, b)
}

// engine is one data-parallel rank with the processes that speak of it.
type engine struct {
	key   key
	parts []int
	fleet.EngineReading
}

// fold makes one reading of each data-parallel rank. Its tensor- and pipeline-parallel ranks repeat each other, so that
// the highest value counts and never their sum. What the front end counts for the whole server stands with the lowest rank.
func fold(ranks []rank, keys []key) []fleet.EngineReading {
	engines := gather(keys)
	for i := range engines {
		e := &engines[i]
		slices.SortStableFunc(e.parts, func(a, b int) int { return keys[a].place(keys[b]) })
		for n, part := range e.parts {
			r := ranks[part].finish(keys[part])
			if n == 0 {
				e.EngineReading = r
			} else {
				enginepage.Highest(&e.EngineReading, &r)
			}
		}
	}
	engines = attach(engines)
	out := make([]fleet.EngineReading, len(engines))
	for i := range engines {
		e := &engines[i]
		e.Model, e.Engine = fleet.ModelName(promtext.Decode(e.key.model)), name(engines, i)
		out[i] = e.EngineReading
	}
	return out
}

// gather sorts processes by engine and leaves out those that another process of the same rank replaced.
func gather(keys []key) []engine {
	var list []engine
	for i, k := range keys {
		if replaced(keys, k) {
			continue
		}
		n := slices.IndexFunc(list, func(e engine) bool { return e.key.sameEngine(k) })
		if n < 0 {
			n = len(list)
			list = append(list, engine{key: k})
		}
		list[n].parts = append(list[n].parts, i)
	}
	slices.SortStableFunc(list, func(a, b engine) int {
		return cmp.Or(bytes.Compare(a.key.model, b.key.model), compareRanks(a.key.dp, b.key.dp))
	})
	return list
}

// replaced tells whether a process with a higher number speaks for the same rank: series of the process before stay on
// the page of servers without a multiprocess mode.
func replaced(keys []key, k key) bool {
	if k.pid == nil {
		return false
	}
	return slices.ContainsFunc(keys, func(o key) bool {
		return o.pid != nil && k.sameRank(o) && compareRanks(o.pid, k.pid) > 0
	})
}

// attach gives what front ends count to the first engine of their model, of their kind where there is one.
func attach(list []engine) []engine {
	var out []engine
	for _, e := range list {
		if !e.key.isFrontEnd() {
			out = append(out, e)
		}
	}
	schedulers := len(out)
	for _, e := range list {
		if !e.key.isFrontEnd() {
			continue
		}
		of := func(o engine) bool { return bytes.Equal(o.key.model, e.key.model) }
		n := slices.IndexFunc(out[:schedulers], func(o engine) bool { return of(o) && bytes.Equal(o.key.kind, e.key.kind) })
		if n < 0 {
			n = slices.IndexFunc(out[:schedulers], of)
		}
		if n < 0 {
			out = append(out, e)
			continue
		}
		enginepage.Complete(&out[n].EngineReading, &e.EngineReading)
	}
	return out
}

// name is the data-parallel rank, with the kind of the engine where ranks of two kinds stand on one page.
func name(list []engine, i int) string {
	k := list[i].key
	rank := promtext.Decode(k.dp)
	for n := range list {
		if n != i && bytes.Equal(list[n].key.model, k.model) && bytes.Equal(list[n].key.dp, k.dp) {
			if rank == "" {
				return promtext.Decode(k.kind)
			}
			return promtext.Decode(k.kind) + "/" + rank
		}
	}
	return rank
}
