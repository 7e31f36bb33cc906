package registry

import (
	"errors"

	"pitwall/fleet"
)

// SharedReaders opens what reads what operators share, for each cluster that has a place for it.
func (s Set) SharedReaders(sources []fleet.SourceSpec, deps fleet.Deps) (map[fleet.ClusterID]fleet.SharedReader, error) {
	return opening(s, sources, deps, func(c *fleet.Connector) func(fleet.SourceSpec, fleet.Deps) (fleet.SharedReader, error) {
		return c.NewSharedReader
	}, false)
}

// SharedWriters opens what writes it. It is only called while writing is allowed.
func (s Set) SharedWriters(sources []fleet.SourceSpec, deps fleet.Deps) (map[fleet.ClusterID]fleet.SharedWriter, error) {
	return opening(s, sources, deps, func(c *fleet.Connector) func(fleet.SourceSpec, fleet.Deps) (fleet.SharedWriter, error) {
		return c.NewSharedWriter
	}, true)
}

func opening[T any](s Set, sources []fleet.SourceSpec, deps fleet.Deps,
	with func(*fleet.Connector) func(fleet.SourceSpec, fleet.Deps) (T, error), writes bool) (map[fleet.ClusterID]T, error) {
	out := map[fleet.ClusterID]T{}
	var errs []error
	for _, spec := range sources {
		c := s.find(spec.Kind)
		if c == nil || with(c) == nil {
			continue
		}
		deps.Via = spec.Via
		made, err := with(c)(spec, deps)
		switch {
		case fleet.KindOf(err) == fleet.KindUnsupported: // nothing is shared there
		case err != nil:
			errs = append(errs, err)
		case writes && spec.TLS.Insecure:
			errs = append(errs, &fleet.Error{Kind: fleet.KindReadOnly, Op: "share in " + string(spec.ID),
				Err: errors.New("TLS is not verified for this cluster"), Next: "it can be watched, not changed"})
		default:
			out[spec.Subject.Cluster] = made
		}
	}
	return out, errors.Join(errs...)
}
