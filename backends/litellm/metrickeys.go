package litellm

import (
	"cmp"
	"slices"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// The labels of whose a request was.
const (
	labelKey      = "hashed_api_key"
	labelAlias    = "api_key_alias"
	labelTeam     = "team"
	labelTeamName = "team_alias"
)

// mostKeys bounds the keys that are followed.
const mostKeys = 1000

// keyPage is one key's share of the page.
type keyPage struct {
	alias, team, teamName string
	values                [familyCount]fleet.Maybe[float64]
}

// addKey adds a sample of tokens or spend to its key. Later versions tell cached tokens in two families; each is summed
// apart.
func (p *page) addKey(s promtext.Sample) {
	switch s.Family {
	case fInTokens, fOutTokens, fCacheRead, fCacheWrite, fProvRead, fProvWrite, fSpend:
	default:
		return
	}
	id := s.Labels.Raw(labelKey)
	if len(id) == 0 || string(id) == labelNone {
		return
	}
	k := p.keys[string(id)]
	if k == nil {
		if len(p.keys) == mostKeys {
			p.parted = true
			return
		}
		k = &keyPage{alias: named(s, labelAlias), team: named(s, labelTeam), teamName: named(s, labelTeamName)}
		p.keys[promtext.Decode(id)] = k
	}
	v := &k.values[s.Family]
	*v = fleet.Some(v.Or(0) + s.Value)
}

func named(s promtext.Sample, label string) string {
	if v := s.Labels.Value(label); v != labelNone {
		return v
	}
	return ""
}

// either is what one of two families says that count the same.
func either(a, b fleet.Maybe[float64]) fleet.Maybe[float64] {
	if a.OK {
		return a
	}
	return b
}

// readKeys gives what was counted by key, in the order of their hashes.
func (p *page) readKeys() []fleet.KeyReading {
	list := make([]fleet.KeyReading, 0, len(p.keys))
	for id, k := range p.keys {
		v := func(family int) fleet.Maybe[float64] {
			if x := k.values[family]; x.OK || !p.present[family] {
				return x
			}
			return fleet.Some(0.0)
		}
		list = append(list, fleet.KeyReading{ID: id, Alias: k.alias, Team: k.team, TeamName: k.teamName, Spend: v(fSpend), InTokens: v(fInTokens),
			CacheRead: either(v(fCacheRead), v(fProvRead)), CacheWrite: either(v(fCacheWrite), v(fProvWrite)), OutTokens: v(fOutTokens)})
	}
	slices.SortFunc(list, func(a, b fleet.KeyReading) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
