package backends

import "pitwall/fleet"

// serve tells every store what is read through it. It is called whenever the sources or pools may have changed.
func (h *Hub) serve(states []*sourceState, pools []fleet.PoolSpec) {
	for _, s := range states {
		store, ok := s.reader.(fleet.Store)
		if !ok {
			continue
		}
		var parts []fleet.SourceSpec
		for _, part := range states {
			if part.spec.From == s.spec.ID {
				parts = append(parts, part.spec)
			}
		}
		var whole []fleet.PoolSpec
		for _, p := range pools {
			if p.Store != nil && p.Store.Source == s.spec.ID {
				whole = append(whole, p)
			}
		}
		store.Serve(parts, whole)
	}
}
