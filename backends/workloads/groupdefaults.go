package workloads

import (
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// groupDefaults are what the server gives a LeaderWorkerSet in place of what its strategy does not say, as soon as somebody writes it.
// One that was stored before there was such a field has none, until the first write.
var groupDefaults = map[string]any{rollAt + "partition": 0, rollAt + "maxSurge": 0, rollAt + "maxUnavailable": 1}

// settled takes no part of the strategy of a LeaderWorkerSet away that was not there before: the server would put its default in its
// place, and the write would never be found as it was made. So the default is written, also by what takes the change back.
func (s *scene) settled(d fleet.Draft, err error) (fleet.Draft, error) {
	if err != nil || s.kind != groupSetKind {
		return d, err
	}
	var made []fleet.ObjectWrite
	for i := range d.Stages {
		st := &d.Stages[i]
		for _, list := range [][]fleet.ObjectWrite{st.Writes, st.Then} {
			for _, w := range list {
				defaults(w.Fields)
			}
			made = append(made, list...)
		}
		if net := fleet.Net(made); s.adds(net) && st.Back == nil {
			st.Back = inverses(net)
		}
	}
	return d, nil
}

// defaults puts the server's defaults in the place of nothing.
func defaults(fields []fleet.Field) {
	for i := range fields {
		if def, ok := groupDefaults[fields[i].Path]; ok && fields[i].After == nil {
			fields[i].After = jsonptr.Encode(def)
		}
	}
}

// adds tells whether writes set a part of the strategy that was not there.
func (s *scene) adds(writes []fleet.ObjectWrite) bool {
	for _, w := range writes {
		for _, f := range w.Fields {
			if _, ok := groupDefaults[f.Path]; ok && f.Before == nil {
				return true
			}
		}
	}
	return false
}

func inverses(writes []fleet.ObjectWrite) []fleet.ObjectWrite {
	var list []fleet.ObjectWrite
	for i := len(writes) - 1; i >= 0; i-- {
		if back, ok := writes[i].Inverse(); ok {
			defaults(back.Fields)
			list = append(list, back)
		}
	}
	return list
}
