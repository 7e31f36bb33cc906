package fleet

import (
	"cmp"
	"time"
)

// KeyBurn is what one key of a gateway, or all keys of one team, spend now by the gateway's own prices: an estimate beside
// the metered stream, never added to it.
type KeyBurn struct {
	Gateway  GatewayID
	Key      string // hash or ID of the key, never the key; "" for the whole team
	Alias    string // raw
	Team     string // ID; raw
	TeamName string // raw
	Rate     Maybe[USDPerHour]
	Hour     Maybe[USDPerHour] // in the hour before; of one that runs away, in the hour before it did
	Runaway  time.Time         // since when it spends far more than that; zero when it does not
}

// Name is what people call it: the key's alias, or the team.
func (b *KeyBurn) Name() Safe {
	if b.Key == "" {
		return Concat(Text("team "), Label(cmp.Or(b.TeamName, b.Team)))
	}
	return Concat(Text("key "), Label(cmp.Or(b.Alias, b.Key[:min(len(b.Key), 8)])))
}

// KeyOf is a key or a team at its gateway.
type KeyOf struct {
	Gateway GatewayID
	KeyRef
}

// Of is whose spending it is.
func (b *KeyBurn) Of() KeyOf {
	if b.Key == "" {
		return KeyOf{b.Gateway, KeyRef{Team: true, ID: b.Team, Alias: b.TeamName}}
	}
	return KeyOf{b.Gateway, KeyRef{ID: b.Key, Alias: b.Alias}}
}
