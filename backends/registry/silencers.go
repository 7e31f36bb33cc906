package registry

import (
	"errors"

	"pitwall/fleet"
)

// Silencers opens a silencer for each source that takes silences. It is only called while writing is allowed.
func (s Set) Silencers(sources []fleet.SourceSpec, deps fleet.Deps) (map[fleet.SourceID]fleet.Silencer, error) {
	silencers := map[fleet.SourceID]fleet.Silencer{}
	var errs []error
	for _, spec := range sources {
		c := s.find(spec.Kind)
		if c == nil || c.NewSilencer == nil {
			continue
		}
		if spec.TLS.Insecure {
			errs = append(errs, &fleet.Error{Kind: fleet.KindReadOnly, Op: "open silencer of " + string(spec.ID),
				Err: errors.New("TLS is not verified for this source"), Next: "it can be watched, not changed"})
			continue
		}
		deps.Via = spec.Via
		w, err := c.NewSilencer(spec, deps)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		silencers[spec.ID] = w
	}
	return silencers, errors.Join(errs...)
}
