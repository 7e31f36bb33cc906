package views

import (
	"slices"

	"pitwall/fleet"
)

// window tells which rows of a table are visible: [from, to) of ids when rows fit. The row of t.Top stays on top
// as long as the selected row is visible; a selected row out of sight pulls the window along. Without Top the
// table turns pages, so that rows stand still while the cursor moves within one.
func window(ids []string, t Table, rows int) (from, to int) {
	if rows <= 0 {
		return 0, 0
	}
	from = max(0, slices.Index(ids, t.Top))
	if i := slices.Index(ids, t.Selected); i >= 0 {
		switch {
		case t.Top == "":
			from = i / rows * rows
		case i < from:
			from = i
		case i >= from+rows:
			from = i - rows + 1
		}
	}
	from = max(0, min(from, len(ids)-rows))
	return from, min(len(ids), from+rows)
}

// position draws which part of a table is visible: "1-6 of 64".
func position(from, to, all int) fleet.Safe {
	switch {
	case all == 0:
		return fleet.Text("none")
	case from == to:
		return fleet.Textf("0 of %s", fleet.Int(all))
	}
	return fleet.Textf("%s-%s of %s", fleet.Int(from+1), fleet.Int(to), fleet.Int(all))
}

// passes tells whether a row with this text is shown under the filter.
func (f Filter) passes(text string) bool { return f.Match == nil || f.Match(text) }

// order lists the IDs of n rows after filter and sort. It is stable, so that equal rows keep the given order.
type order struct {
	n      int
	id     func(int) string
	text   func(int) string // what the filter looks at
	less   func(a, b int) int
	filter Filter
	flip   bool
}

// rows returns the indices of the rows in order.
func (o order) rows() []int {
	index := make([]int, 0, o.n)
	for i := range o.n {
		if o.filter.Match == nil || o.filter.passes(o.text(i)) {
			index = append(index, i)
		}
	}
	if o.less != nil {
		slices.SortStableFunc(index, func(a, b int) int {
			if o.flip {
				return o.less(b, a)
			}
			return o.less(a, b)
		})
	}
	return index
}

// ids returns the raw IDs of rows in order.
func (o order) ids(rows []int) []string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = o.id(r)
	}
	return ids
}
