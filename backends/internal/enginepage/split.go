package enginepage

import (
	"bytes"
	"encoding/binary"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// split is one of several histograms of one engine and family, told apart by labels that the operator chose.
type split struct {
	owner, family int
	head, tail    []byte // its labels without the bound, which stands between the two
	slot          int
	hist          *fleet.Histogram
	into          *fleet.Histogram
}

// splitSlot finds the slot of a sample's own series. Samples of one series mostly follow each other; a page may have
// thousands of series, such as one for each path that a scanner tried.
func (d *Decoder[K, T]) splitSlot(parts *promtext.Histograms, f *Family[K, T], x *T, owner int, s *promtext.Sample) int {
	head, tail := outline(s.Labels)
	if n := len(d.splits); n > 0 {
		last := &d.splits[n-1]
		if last.owner == owner && last.family == s.Family && bytes.Equal(last.head, head) && bytes.Equal(last.tail, tail) {
			return last.slot
		}
	}
	d.outline = binary.AppendUvarint(binary.AppendUvarint(d.outline[:0], uint64(owner)), uint64(s.Family))
	d.outline = whole(d.outline, head, tail)
	if i, ok := d.splitOf[string(d.outline)]; ok {
		return d.splits[i].slot
	}
	p := split{owner: owner, family: s.Family, head: head, tail: tail, hist: new(fleet.Histogram), into: f.Hist(x)}
	p.slot = parts.Slot(p.hist)
	if d.splitOf == nil {
		d.splitOf = map[string]int{}
	}
	d.splitOf[string(d.outline)] = len(d.splits)
	d.splits = append(d.splits, p)
	return p.slot
}

// join adds the parts up.
func (d *Decoder[K, T]) join() {
	for i := range d.splits {
		p := &d.splits[i]
		*p.into = addHistogram(*p.into, *p.hist)
	}
	clear(d.splits)
	d.splits = d.splits[:0]
	clear(d.splitOf)
}

// outline is the labels before and after the bound, without the commas next to it.
func outline(l promtext.Labels) (head, tail []byte) {
	for rest := l; ; {
		name, value, next, ok := rest.Next()
		if !ok {
			return l, nil
		}
		if string(name) == "le" {
			at := len(l) - len(next) - len(value) - len(`le=""`)
			return bytes.TrimRight(l[:max(at, 0)], ", "), bytes.TrimLeft(next, ", ")
		}
		rest = next
	}
}

// whole joins an outline that may be parted at different places: only buckets have a bound.
func whole(into, head, tail []byte) []byte {
	into = append(into, head...)
	if len(head) > 0 && len(tail) > 0 {
		into = append(into, ',')
	}
	return append(into, tail...)
}

// addHistogram adds cumulative histograms by the value of their bounds: counts at bounds that both have are exact, the
// others are left out.
func addHistogram(a, b fleet.Histogram) fleet.Histogram {
	if a.IsZero() || b.IsZero() {
		if a.IsZero() {
			return b
		}
		return a
	}
	sum := fleet.Histogram{Sum: a.Sum + b.Sum}
	for i, j := 0, 0; i < len(a.Bounds) && j < len(b.Bounds); {
		switch {
		case a.Bounds[i] < b.Bounds[j]:
			i++
		case a.Bounds[i] > b.Bounds[j]:
			j++
		default:
			sum.Bounds, sum.Counts = append(sum.Bounds, a.Bounds[i]), append(sum.Counts, a.Counts[i]+b.Counts[j])
			i, j = i+1, j+1
		}
	}
	return sum
}
