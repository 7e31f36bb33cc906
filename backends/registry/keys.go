package registry

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"pitwall/fleet"
)

// KeyReaders gives what looks keys and teams of a gateway up; each is opened when it is first asked for. The error of a gateway that
// has none says what can be done instead.
func (s Set) KeyReaders(gateways []fleet.GatewaySpec, deps fleet.Deps) func(fleet.GatewayID) (fleet.KeyReader, error) {
	var mu sync.Mutex
	opened := map[fleet.GatewayID]fleet.KeyReader{}
	return func(id fleet.GatewayID) (fleet.KeyReader, error) {
		mu.Lock()
		defer mu.Unlock()
		if r := opened[id]; r != nil {
			return r, nil
		}
		i := slices.IndexFunc(gateways, func(g fleet.GatewaySpec) bool { return g.ID == id })
		if i < 0 {
			return nil, &fleet.Error{Kind: fleet.KindNotFound, Op: "look the key up",
				Err: fmt.Errorf("there is no gateway %s", fleet.Quote(string(id))), Next: "nothing was changed"}
		}
		c := s.find(gateways[i].Kind)
		if c == nil || c.NewKeyReader == nil {
			return nil, keyless(c, id)
		}
		r, err := c.NewKeyReader(gateways[i], deps)
		if err == nil {
			opened[id] = r
		}
		return r, err
	}
}

func keyless(c *fleet.Connector, id fleet.GatewayID) error {
	next := "block it where it was made"
	if c != nil && c.Keyless != "" {
		next = c.Keyless
	}
	return &fleet.Error{Kind: fleet.KindUnsupported, Op: "change a key of " + fleet.Label(string(id)).String(),
		Err: errors.New("pitwall changes no keys of such a gateway"), Next: next}
}
