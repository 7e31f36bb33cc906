package runner

import "pitwall/fleet"

// otherWeights says which new replica published weights that are not those that it should have loaded: another manifest
// than the object asks for, or than another new one has. "" is none; a replica that publishes nothing says nothing.
func otherWeights(r *fleet.Rollout) fleet.Safe {
	var first fleet.PodManifest
	for _, m := range r.Manifests {
		switch want := r.Now.Manifest; {
		case !m.Updated || m.Digest.IsEmpty():
		case !want.IsEmpty() && m.Digest != want:
			return fleet.Textf("%s loaded weights %s, the object asks for %s", fleet.Quote(m.Pod), m.Digest, want)
		case first.Pod == "":
			first = m
		case m.Digest != first.Digest:
			return fleet.Textf("%s loaded weights %s, %s loaded %s", fleet.Quote(m.Pod), m.Digest, fleet.Quote(first.Pod), first.Digest)
		}
	}
	return fleet.Safe{}
}
