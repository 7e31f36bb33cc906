package desk

import (
	"context"

	"pitwall/fleet"
)

// Lacks says which deeds the server would not let this identity do to an object, each with the right that is missing. It
// asks only where it is certain on which object a deed writes; what a deed really writes is asked again when it is planned.
func (d *Desk) Lacks(ctx context.Context, r *fleet.Rollout) map[fleet.Deed]fleet.Safe {
	roller, err := d.roller(r.Object.Cluster)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var out map[fleet.Deed]fleet.Safe
	for _, ask := range writesOf(r) {
		if err := roller.May(ctx, ask.write); fleet.KindOf(err) == fleet.KindAuth {
			if out == nil {
				out = map[fleet.Deed]fleet.Safe{}
			}
			for _, deed := range ask.deeds {
				out[deed] = fleet.Sentence(err)
			}
		}
	}
	return out
}

// question is a write that stands for those of some deeds.
type question struct {
	deeds []fleet.Deed
	write fleet.ObjectWrite
}

// writesOf are the writes of the kinds whose deeds write on the object itself.
func writesOf(r *fleet.Rollout) []question {
	on := func(part string, deeds ...fleet.Deed) question {
		return question{deeds, fleet.ObjectWrite{Object: r.Object, API: r.API, UID: r.UID, Part: part, Verb: fleet.WriteSet}}
	}
	var list []question
	switch r.API.Group {
	case "apps", "leaderworkerset.x-k8s.io":
		list = append(list, on("", fleet.DoUpgrade, fleet.DoRestart, fleet.DoPause, fleet.DoResume), on("scale", fleet.DoScale))
	case "serving.kserve.io":
		list = append(list, on("", fleet.DoUpgrade, fleet.DoRestart, fleet.DoScale, fleet.DoTraffic))
	case "":
		if r.API.Resource == "nodes" {
			list = append(list, on("", fleet.DoCordon, fleet.DoUncordon, fleet.DoDrain))
		}
	}
	if r.Scaler.Exists() && r.Scaler.API.Resource != "" {
		list = append(list, question{[]fleet.Deed{fleet.DoHoldScaler, fleet.DoFreeScaler},
			fleet.ObjectWrite{Object: r.Scaler.Object, API: r.Scaler.API, Verb: fleet.WriteSet}})
	}
	return list
}
