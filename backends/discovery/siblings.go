package discovery

import "pitwall/fleet"

// speakers is how many pods of one owner are asked at once: one may be loading while the other serves.
const speakers = 2

// family is the pods that one template made: what one of them is, all of them are.
type family struct {
	owner fleet.ObjectRef
	image string
}

func familyOf(c *fleet.Cluster, p *fleet.Pod) family { return family{ownerOf(c, p), p.Image} }

// spokesmen are the pods that are worth asking: running, not known yet, and not more than a few of each family, since
// the API server carries everybody's requests. Where pods are reached directly each is asked, for its own address.
func (f *finder) spokesmen(c *fleet.Cluster) []*fleet.Pod {
	asked, proven := map[family]int{}, map[family]bool{}
	for _, p := range c.Pods {
		if f.pods[identity(p)].is != nil {
			proven[familyOf(c, p)] = true
		}
	}
	var list []*fleet.Pod
	for _, p := range c.Pods {
		v := f.pods[identity(p)]
		if v.is != nil && !v.heardOf || len(v.likely) == 0 || !running(p) {
			continue
		}
		k := familyOf(c, p)
		if !f.reached && (proven[k] || asked[k] == speakers) {
			continue
		}
		asked[k]++
		list = append(list, p)
	}
	return list
}

// spreadWord tells the pods of a family what one of them turned out to be, or why nothing was proven.
func (f *finder) spreadWord(c *fleet.Cluster) {
	known, why := map[family]*verdict{}, map[family]fleet.Safe{}
	for _, p := range c.Pods {
		switch v := f.pods[identity(p)]; {
		case v.is != nil && !v.heardOf:
			known[familyOf(c, p)] = v
		case !v.why.IsEmpty():
			why[familyOf(c, p)] = v.why
		}
	}
	for _, p := range c.Pods {
		v := f.pods[identity(p)]
		if v.is != nil || len(v.likely) == 0 {
			continue
		}
		if k := known[familyOf(c, p)]; k != nil {
			v.is, v.models, v.heardOf, v.why = k.is, k.models, true, fleet.Safe{}
		} else if v.tries == 0 {
			v.why = why[familyOf(c, p)]
		}
	}
}
