package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// integrity is IL-41: whether replicas loaded the weights that they should have, and whether what comes is what somebody
// signed.
func integrity(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	w := p.Work
	if !replaces(&p) && !adds(&p) {
		return pass(fleet.Text("it loads no weights"))
	}
	return unlessOld(worse(worse(published(&w.Was), provenance(&p)), pinned(&p)), &p, specLife, actions.SeverityOVR, now)
}

// published compares what the replicas of one version say that they loaded.
func published(w *fleet.Rollout) actions.Check {
	silent := 0
	first := map[bool]fleet.PodManifest{}
	for _, m := range w.Manifests {
		if m.Digest.IsEmpty() {
			silent++
			continue
		}
		if want := w.Now.Manifest; m.Updated && !want.IsEmpty() && m.Digest != want {
			return verdict(actions.SeverityHard, fleet.Label(m.Pod), fleet.Text(" loaded"), short(m.Digest), fleet.Text(", the object asks for"),
				short(want), fleet.Text(": its files are not what they should be"))
		}
		have, seen := first[m.Updated]
		if seen && have.Digest != m.Digest {
			return verdict(actions.SeverityHard, fleet.Label(m.Pod), fleet.Text(" loaded"), short(m.Digest), fleet.Text(", "), fleet.Label(have.Pod),
				short(have.Digest), fleet.Text(": replicas of one version have different weights"))
		}
		if !seen {
			first[m.Updated] = m
		}
	}
	switch n := len(w.Manifests); {
	case n == 0:
		return missing(actions.SeverityWarn, fleet.Text("no replica publishes the digest of its weights: they are not compared"))
	case silent > 0:
		return missing(actions.SeverityWarn, fleet.Int(silent), fleet.Text(" of "), fleet.Int(n),
			fleet.Text(" replicas publish no digest of their weights"))
	default:
		return pass(fleet.Int(n), fleet.Text(" of "), fleet.Int(n), fleet.Text(" replicas loaded the same weights"))
	}
}

// provenance asks who vouches for weights that come new. Those that run already were asked when they came.
func provenance(p *actions.Plan) actions.Check {
	to := &p.Work.To
	if !replaces(p) || !reweighs(p) {
		return pass(fleet.Text("the weights stay"))
	}
	what := fleet.Concat(to.Weights, fleet.Text(" "), to.Revision, short(to.Manifest))
	if to.Manifest.IsEmpty() {
		c := missing(actions.SeverityOVR, fleet.Text("new weights "), what, fleet.Text(": no manifest says what their files must be"))
		c.Fix = fleet.Text("sign their folder, check it with pitwall weights verify, and name the digest in the template")
		return c
	}
	switch to.Signed {
	case fleet.TrustSigned:
		return pass(fleet.Text("new weights "), what, fleet.Text(" are signed by a known signer"))
	case fleet.TrustStranger:
		return verdict(actions.SeverityOVR, fleet.Text("new weights "), what, fleet.Text(" are signed by nobody that this site knows"))
	case fleet.TrustUnsigned:
		return verdict(actions.SeverityOVR, fleet.Text("new weights "), what, fleet.Text(" are not signed"))
	default:
		return missing(actions.SeverityOVR, fleet.Text("new weights "), what, fleet.Text(": whether they are signed is not known"))
	}
}

// pinned asks whether the image can be moved under its name.
func pinned(p *actions.Plan) actions.Check {
	to := p.Work.To.Image
	switch {
	case to.IsEmpty():
		return missing(actions.SeverityWarn, fleet.Text("which image the new replicas run is not known"))
	case !p.Work.Advice.Image.Pinned:
		return verdict(actions.SeverityWarn, fleet.Text("image "), to,
			fleet.Text(" is named by a tag, not by a digest: replicas may get different ones"))
	}
	return pass(fleet.Text("the image is named by its digest"))
}
