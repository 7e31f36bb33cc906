package views

import (
	"slices"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// noClusters says why a screen of clusters is empty and tells whether it is.
func noClusters(b *part.Block, sc Scene, title fleet.Safe) bool {
	if len(sc.Snap.Clusters) > 0 {
		return false
	}
	b.Rule(title, fleet.Safe{}, fleet.Text("none"))
	b.Gap(2).Say(themes.Dim, "no cluster is watched: name one as a source of kind kubernetes, or start with a kubeconfig").End()
	return true
}

// scopeTitle names a list with what it is narrowed to: "PODS of Node b200-a-07".
func scopeTitle(title fleet.Safe, of fleet.ObjectRef) fleet.Safe {
	if of == (fleet.ObjectRef{}) {
		return title
	}
	return fleet.Concat(title, fleet.Text(" of "), RefText(of))
}

// mostRemarks is how many clusters are named one by one; of more of them the number is said.
const mostRemarks = 2

// kindRemarks says which clusters a list of one kind is not complete of, and why: an empty list must not look like a
// calm one.
func kindRemarks(sc Scene, of fleet.ObjectRef, kinds ...string) []fleet.Safe {
	var all []fleet.Safe
	clusters := inScope(sc.Snap, of)
	if of.Cluster != "" && len(clusters) == 0 {
		return []fleet.Safe{fleet.Concat(fleet.Label(string(of.Cluster)), fleet.Text(" is not watched any more"))}
	}
	for _, c := range clusters {
		if why := kindRemark(sc, c, kinds); !why.IsEmpty() {
			all = append(all, fleet.Concat(fleet.Label(string(c.ID)), fleet.Text(": "), why))
		}
	}
	if len(all) > mostRemarks {
		more := fleet.Textf("and %s more of %s are not fully read: :clusters lists them", fleet.Int(len(all)-1),
			fleet.Many(len(clusters), "cluster"))
		all = append(all[:1], more)
	}
	return all
}

// workKinds are the kinds whose objects are workloads.
var workKinds = []string{"deployments", "statefulsets", "daemonsets", "replicasets", "leaderworkersets"}

// kindRemark is what is wrong with the reading of some kinds of one cluster, "" when nothing is.
func kindRemark(sc Scene, c *fleet.Cluster, kinds []string) fleet.Safe {
	if c.State == fleet.StateStale || c.State == fleet.StateDown {
		heard := fleet.Text("never heard")
		if !c.At.IsZero() {
			heard = fleet.Concat(fleet.Text("last heard "), fleet.Age(sc.Now.Sub(c.At)), fleet.Text(" ago"))
		}
		return fleet.Join(nonEmpty(heard, c.Why), fleet.Text("; "))
	}
	for i := range c.Kinds {
		k := &c.Kinds[i]
		switch {
		case !slices.Contains(kinds, k.Kind):
		case !k.Err.IsEmpty():
			return fleet.Concat(fleet.Label(k.Kind), fleet.Text(" are not read: "), k.Err)
		case !k.Synced:
			return fleet.Textf("listing %s, %s so far", fleet.Label(k.Kind), fleet.Int(k.Count))
		}
	}
	if len(c.Kinds) == 0 {
		return c.Why
	}
	return c.Scope
}

// wrapRemarks breaks remarks over as many lines as are free, at most three each.
func wrapRemarks(b *part.Block, remarks []fleet.Safe, free int) []fleet.Safe {
	var out []fleet.Safe
	for i, r := range remarks {
		most := max(1, min(3, (free-len(out))/(len(remarks)-i)))
		out = append(out, part.Wrap(r, b.Width()-2, most)...)
	}
	return out
}

func drawRemarks(b *part.Block, remarks []fleet.Safe) {
	for _, r := range remarks {
		b.Gap(2).Put(themes.Stale, r).End()
	}
}
