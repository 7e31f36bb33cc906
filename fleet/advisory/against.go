package advisory

import "time"

// Finding is what the pack holds against one release of a product.
type Finding struct {
	Product  string
	Listed   bool    // the pack has the product
	Readable bool    // the release is a version that can be compared
	Open     []Known // entries that the release has, the worst first
	Entries  int     // that the pack has of the product
	Complete bool
	AsOf     time.Time
	Source   string
}

// Against lists what the pack knows against a release.
func (p *Pack) Against(product, release string) Finding {
	out := Finding{Product: product, AsOf: p.AsOf.Time}
	v, ok := Parse(release)
	for _, have := range p.Products {
		if have.Name != product {
			continue
		}
		out.Listed, out.Readable, out.Entries = true, ok, len(have.Known)
		out.Complete, out.AsOf, out.Source = have.Complete, have.AsOf.Time, have.Source
		for _, k := range have.Known {
			if ok && k.has(v) {
				out.Open = worstFirst(out.Open, k)
			}
		}
	}
	return out
}

// has tells whether a version is among the affected ones.
func (k Known) has(v Version) bool {
	if from, ok := Parse(k.From); ok && v.Compare(from) < 0 {
		return false
	}
	fixed, ok := Parse(k.Fixed)
	return !ok || v.Compare(fixed) < 0
}

func worstFirst(list []Known, k Known) []Known {
	at := len(list)
	for at > 0 && weight(list[at-1]) < weight(k) {
		at--
	}
	list = append(list, Known{})
	copy(list[at+1:], list[at:])
	list[at] = k
	return list
}

// weight orders entries: those over the network before all others of the same score.
func weight(k Known) float64 {
	if !k.Local {
		return k.CVSS + 0.05
	}
	return k.CVSS
}
