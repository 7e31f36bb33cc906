package billfolder

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// Bills are delivered again and again: a month that grows, a month that is corrected. The rule: of two deliveries that speak
// of the same stream, provider and, where both say them, account and project, the newer one stands for the days from its
// first to its last, and the older one for its other days. A delivery is one file, or all files of one folder whose names
// differ by the number of their part only. Newer is the time at which a file was written, then its name.

// partNumber is the end of a name that numbers the parts of one delivery.
var partNumber = regexp.MustCompile(`(?i)([-_.]?part[-_]?\d+([-_]\d+)*|[-_]0\d{3,5})(\.(csv|tsv|txt|json))?(\.gz)?$`)

// delivery is what was delivered at once.
type delivery struct {
	name    string
	written time.Time
	files   []*file
	span    sheet.Range       // of what was used, from the begin of its first day
	charges map[int64][]scope // of what is no use, by its begin: such charges may be of a year that the delivery does not speak of
	scopes  []scope
}

// scope is what a delivery speaks of.
type scope struct {
	stream                     fleet.Stream
	provider, account, project string
}

// meets tells whether two scopes speak of the same.
func (s scope) meets(o scope) bool {
	return s.stream == o.stream && s.provider == o.provider && either(s.account, o.account) && either(s.project, o.project)
}

func either(a, b string) bool { return a == b || a == "" || b == "" }

func (c *content) scopeOf(k *sheet.Key) scope {
	return scope{k.Stream, c.texts[k.Provider], c.texts[k.Account], c.texts[k.Project]}
}

// deliveries groups files, the newest delivery first. Of files with the same bytes one is left.
func deliveries(files []*file) []*delivery {
	groups := map[string]*delivery{}
	seen := map[string]string{}
	var out []*delivery
	for _, x := range files {
		if x.good == nil {
			continue
		}
		x.good.gone = fleet.Safe{}
		if other, ok := seen[x.good.sha]; ok {
			x.good.gone = fleet.Textf("the same as %s", fleet.Quote(other))
			continue
		}
		seen[x.good.sha] = x.name
		name := partNumber.ReplaceAllString(x.name, "")
		d := groups[name]
		if d == nil {
			d = &delivery{name: x.name}
			groups[name] = d
			out = append(out, d)
		}
		d.add(x)
	}
	slices.SortFunc(out, func(a, b *delivery) int {
		return cmp.Or(b.written.Compare(a.written), compareNames(b.name, a.name))
	})
	return out
}

func (d *delivery) add(x *file) {
	d.files = append(d.files, x)
	if x.good.written.After(d.written) {
		d.written = x.good.written
	}
	if r := x.good.usage; !r.Empty() {
		d.span.Add(r.From-r.From%secondsOfDay, r.To)
	}
	known := map[scope]bool{}
	for _, s := range d.scopes {
		known[s] = true
	}
	for i := range x.good.cells {
		cell := &x.good.cells[i]
		s := x.good.scopeOf(&cell.Key)
		if !known[s] {
			known[s] = true
			d.scopes = append(d.scopes, s)
		}
		if !isUse(cell) && !slices.Contains(d.charges[cell.From], s) {
			if d.charges == nil {
				d.charges = map[int64][]scope{}
			}
			d.charges[cell.From] = append(d.charges[cell.From], s)
		}
	}
}

const secondsOfDay = 24 * 60 * 60

func isUse(c *sheet.Cell) bool { return c.Charge == "" || c.Charge == fleet.ChargeUsage }

// overlapping are those of newer deliveries that may stand for something in d.
func (d *delivery) overlapping(newer []*delivery) []*delivery {
	var out []*delivery
	for _, n := range newer {
		if len(n.charges) > 0 || len(d.charges) > 0 || n.span.From < d.span.To && d.span.From < n.span.To {
			out = append(out, n)
		}
	}
	return out
}

// speaking are those of deliveries that speak of a scope.
func speaking(of []*delivery, s scope) []*delivery {
	return slices.DeleteFunc(slices.Clone(of), func(n *delivery) bool { return !slices.ContainsFunc(n.scopes, s.meets) })
}

// replaces tells whether a delivery, which speaks of a scope, stands for a sum of an older one.
func (d *delivery) replaces(cell *sheet.Cell, s scope) bool {
	if d.span.From <= cell.From && cell.From < d.span.To {
		return true
	}
	return !isUse(cell) && slices.ContainsFunc(d.charges[cell.From], s.meets)
}

// stand calls use for each sum that stands, and says of each file what is replaced.
func stand(all []*delivery, use func(*content, *sheet.Cell)) {
	for i, d := range all {
		newer := d.overlapping(all[:i])
		memo := map[scope][]*delivery{}
		for _, x := range d.files {
			c, lost, by := x.good, 0, (*delivery)(nil)
			for j := range c.cells {
				cell := &c.cells[j]
				s := c.scopeOf(&cell.Key)
				rivals, ok := memo[s]
				if !ok {
					rivals = speaking(newer, s)
					memo[s] = rivals
				}
				if n := slices.IndexFunc(rivals, func(n *delivery) bool { return n.replaces(cell, s) }); n >= 0 {
					lost, by = lost+1, rivals[n]
					continue
				}
				use(c, cell)
			}
			if by != nil {
				c.gone = replacedBy(lost == len(c.cells), by.name)
			}
		}
	}
}

func replacedBy(whole bool, name string) fleet.Safe {
	if whole {
		return fleet.Textf("replaced by the newer %s", fleet.Quote(name))
	}
	return fleet.Textf("partly replaced by the newer %s", fleet.Quote(name))
}
