package world

import (
	"maps"
	"slices"
)

// bench are the scenarios of failoverbench (its catalogue 0.1) as causes. What it does to the first attempt of a request is here done to
// a share of all attempts; S14 is two scenarios there, of which the second is F29.
var bench = map[string]Injection{
	"S01": {ID: "F34"}, // 429 with Retry-After
	"S02": {ID: "F34", Magnitudes: Magnitudes{"quota": 0.01}},
	"S03": {ID: "F32", Magnitudes: Magnitudes{"slow": 1}}, // a 500 and then an answer
	"S04": {ID: "F32B", Magnitudes: Magnitudes{"errors": 1}},
	"S05": {ID: "F33"},                                         // a connection that the network ends
	"S06": {ID: "F27", Magnitudes: Magnitudes{"seconds": 120}}, // no answer at all
	"S07": {ID: "F32", Magnitudes: Magnitudes{"early": 0, "late": 0, "slow": 60}},
	"S08": {ID: "F41", Magnitudes: Magnitudes{"cut": 1, "stall": 0, "malformed": 0, "unended": 0}},
	"S09": {ID: "F41", Magnitudes: Magnitudes{"cut": 0, "stall": 1, "malformed": 0, "unended": 0}},
	"S10": {ID: "F41", Magnitudes: Magnitudes{"cut": 0, "stall": 0, "malformed": 1, "unended": 0}},
	"S11": {ID: "F41", Magnitudes: Magnitudes{"cut": 0, "stall": 0, "malformed": 0, "unended": 1}},
	"S12": {ID: "F29"},
	"S13": {ID: "F39", Magnitudes: Magnitudes{"refused": 1}},
	"S14": {ID: "F29"},
	"S15": {ID: "F32B", Magnitudes: Magnitudes{"errors": 1}}, // with an end after a minute
	"S16": {ID: "F32B", Magnitudes: Magnitudes{"errors": 1}},
}

// Bench lists the names of failoverbench that can be injected.
func Bench() []string { return slices.Sorted(maps.Keys(bench)) }

// CauseOf is the number of the catalogue for a name of failoverbench; any other name is itself.
func CauseOf(name string) string { return Injection{ID: name}.named().ID }

// named is an injection with the number of the catalogue in the place of a name of failoverbench. What is said of its strength goes before.
func (x Injection) named() Injection {
	like, ok := bench[x.ID]
	if !ok {
		return x
	}
	x.ID = like.ID
	m := maps.Clone(like.Magnitudes)
	if m == nil {
		m = Magnitudes{}
	}
	maps.Copy(m, x.Magnitudes)
	x.Magnitudes = m
	return x
}
