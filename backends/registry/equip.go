package registry

import (
	"fmt"
	"net/url"
	"strings"
	"sync"

	"pitwall/fleet"
)

// Equip adds to deps what connectors do for each other: decoders of pages, and ways through the given sources.
func (s Set) Equip(deps fleet.Deps, sources []fleet.SourceSpec) fleet.Deps {
	deps.Decoders, deps.Families = map[string]func() fleet.Decoder{}, map[string][]string{}
	for _, c := range s {
		if c.NewDecoder != nil {
			deps.Decoders[c.Kind], deps.Families[c.Kind] = c.NewDecoder, c.Families
		}
	}
	deps.Objects, deps.ObjectWriter = s.objects(sources, deps), s.objectWriter(sources, deps)
	deps.Carrier = (&ways{set: s, sources: sources, deps: deps, open: map[fleet.SourceID]fleet.Carriers{}}).carrier
	return deps
}

// ways keeps one opener of ways for each system, so that all that goes through it shares its limits.
type ways struct {
	set     Set
	sources []fleet.SourceSpec
	deps    fleet.Deps

	mu   sync.Mutex
	open map[fleet.SourceID]fleet.Carriers
}

// carrier opens the way "KIND/SYSTEM/REST".
func (w *ways) carrier(via string) (fleet.Carrier, error) {
	parts := strings.SplitN(via, "/", 3)
	if len(parts) < 3 {
		return nil, noWay(via, "it is not KIND/SYSTEM/REST")
	}
	system, err := url.PathUnescape(parts[1])
	if err != nil {
		return nil, noWay(via, "its name is badly escaped")
	}
	through, err := w.through(via, parts[0], fleet.ClusterID(system))
	if err != nil {
		return nil, err
	}
	return through.Carrier(parts[2])
}

func (w *ways) through(via, kind string, system fleet.ClusterID) (fleet.Carriers, error) {
	c := w.set.find(kind)
	if c == nil || c.NewCarriers == nil {
		return nil, noWay(via, "no connector "+kind+" carries requests")
	}
	for _, spec := range w.sources {
		if spec.Kind != kind || spec.Subject.Cluster != system {
			continue
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if open := w.open[spec.ID]; open != nil {
			return open, nil
		}
		made, err := c.NewCarriers(spec, w.deps)
		if err == nil {
			w.open[spec.ID] = made
		}
		return made, err
	}
	return nil, noWay(via, "no source "+kind+" reads "+string(system))
}

func noWay(via, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "open the way " + via, Err: fmt.Errorf("%s", why)}
}
