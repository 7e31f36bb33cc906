package plan

import (
	"slices"
	"strings"

	"pitwall/fleet"
)

// next is what the new replicas run: what the draft says, else what runs now with what is wanted in its place. A
// version that the system restores and does not list is not known.
func next(want fleet.Want, was *fleet.Rollout, draft *fleet.Draft) fleet.Version {
	if !draft.To.IsZero() {
		return draft.To
	}
	v := was.Now
	if want.Version != "" {
		at := slices.IndexFunc(was.Runs, func(r fleet.Version) bool { return r.ID == want.Version })
		if at < 0 {
			return fleet.Version{}
		}
		v = was.Runs[at]
	}
	if want.Image != "" && want.Image != v.Image.String() {
		v.Image, v.Release, v.CUDA = fleet.Label(want.Image), fleet.Safe{}, fleet.Safe{}
	}
	from := [2]fleet.Safe{v.Weights, v.Revision}
	set(&v.Weights, want.Weights)
	if v.Weights != from[0] {
		v.Revision = fleet.Safe{} // of other weights
	}
	set(&v.Revision, want.Revision)
	for _, a := range want.Args {
		flagged(&v, a)
	}
	if [2]fleet.Safe{v.Weights, v.Revision} != from {
		v.Manifest, v.Signed = fleet.Safe{}, fleet.TrustUnknown // that was of what ran before
	}
	return v
}

func set(field *fleet.Safe, value string) {
	if value != "" && value != field.String() {
		*field = fleet.Label(value)
	}
}

// flagged sets what a flag of an engine says of the model.
func flagged(v *fleet.Version, a fleet.ArgEdit) {
	switch strings.TrimLeft(a.Flag, "-") {
	case "model", "model-path", "model-id":
		set(&v.Weights, a.Value)
	case "revision":
		set(&v.Revision, a.Value)
	case "quantization", "quantize":
		set(&v.Quant, a.Value)
	case "chat-template":
		set(&v.Template, a.Value)
	case "served-model-name":
		v.Served = nil
		for _, name := range strings.Fields(a.Value) {
			v.Served = append(v.Served, fleet.Label(name))
		}
	}
}
