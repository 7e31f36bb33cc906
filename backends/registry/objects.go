package registry

import (
	"errors"
	"slices"
	"sync"

	"pitwall/fleet"
)

// objects opens the objects of a cluster for connectors whose own documents are among them. Each is opened once.
func (s Set) objects(sources []fleet.SourceSpec, deps fleet.Deps) func(fleet.ClusterID) (fleet.Objects, error) {
	var mu sync.Mutex
	open := map[fleet.ClusterID]fleet.Objects{}
	return func(id fleet.ClusterID) (fleet.Objects, error) {
		mu.Lock()
		defer mu.Unlock()
		if o := open[id]; o != nil {
			return o, nil
		}
		spec, c, err := s.cluster(sources, id)
		if err != nil {
			return nil, err
		}
		deps.Via = spec.Via
		o, err := c.NewObjects(spec, deps)
		if err == nil {
			open[id] = o
		}
		return o, err
	}
}

// objectWriter opens a writer of a cluster's objects. It is only called while writing is allowed.
func (s Set) objectWriter(sources []fleet.SourceSpec, deps fleet.Deps) func(fleet.ClusterID) (fleet.ObjectWriter, error) {
	return func(id fleet.ClusterID) (fleet.ObjectWriter, error) {
		spec, c, err := s.cluster(sources, id)
		switch {
		case err != nil:
			return nil, err
		case spec.TLS.Insecure:
			return nil, &fleet.Error{Kind: fleet.KindReadOnly, Op: "open writer of " + string(spec.ID),
				Err: errors.New("TLS is not verified for this cluster"), Next: "it can be watched, not changed"}
		}
		deps.Via = spec.Via
		return c.NewObjectWriter(spec, deps)
	}
}

// cluster is the source of a cluster, the last one where there are several, with its connector.
func (s Set) cluster(sources []fleet.SourceSpec, id fleet.ClusterID) (fleet.SourceSpec, *fleet.Connector, error) {
	for _, spec := range slices.Backward(sources) {
		if c := s.find(spec.Kind); c != nil && c.NewObjects != nil && spec.Subject.Cluster == id {
			return spec, c, nil
		}
	}
	return fleet.SourceSpec{}, nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "open cluster " + fleet.Quote(string(id)).String(),
		Err: errors.New("no cluster of this name is configured")}
}
