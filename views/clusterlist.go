package views

import (
	"cmp"
	"slices"
	"strings"

	"pitwall/fleet"
)

// listing is the rows of one table in order, with their raw IDs.
type listing[R any] struct {
	rows []R
	ids  []string
	all  int // rows before the filter
	toll toll
}

// toll counts rows by how bad they are, whatever the filter hides.
type toll struct{ down, crit, warn, stale int }

func (t *toll) add(s fleet.State) {
	switch s {
	case fleet.StateDown:
		t.down++
	case fleet.StateCrit:
		t.crit++
	case fleet.StateWarn, fleet.StateDrift:
		t.warn++
	case fleet.StateStale:
		t.stale++
	default: // no trouble, or not known to be any
	}
}

// text draws the counts that are not zero: "2 DOWN, 1 WARN".
func (t toll) text() fleet.Safe {
	var parts []fleet.Safe
	for _, x := range []struct {
		n    int
		word fleet.Safe
	}{
		{t.down, fleet.Text(" DOWN")}, {t.crit, fleet.Text(" CRIT")}, {t.warn, fleet.Text(" WARN")},
		{t.stale, fleet.Text(" STALE")},
	} {
		if x.n > 0 {
			parts = append(parts, fleet.Concat(fleet.Int(x.n), x.word))
		}
	}
	return fleet.Join(parts, fleet.Text(", "))
}

// rowKind says how the rows of one kind are named, searched and ordered.
type rowKind[R any] struct {
	id    func(*R) string
	text  func(*R) string // what the filter looks at
	state func(*R) fleet.State
	// rank orders rows where nothing else is asked for, the greatest first; nil goes by the state.
	rank func(*R) int
	// by compares two rows by a sort key; it is asked neither for "" nor for "state".
	by func(a, b *R, key string) int
}

// list applies the filter and the sort of a table to rows, which it keeps. Equal rows keep their order.
func list[R any](rows []R, t Table, k rowKind[R]) *listing[R] {
	l := &listing[R]{all: len(rows)}
	kept := rows[:0]
	for i := range rows {
		if k.state != nil {
			l.toll.add(k.state(&rows[i]))
		}
		if t.Filter.Match == nil || t.Filter.Match(k.text(&rows[i])) {
			kept = append(kept, rows[i])
		}
	}
	l.rows, l.ids = make([]R, len(kept)), make([]string, len(kept))
	for to, from := range sorted(kept, t, k) {
		l.rows[to] = kept[from]
		l.ids[to] = k.id(&l.rows[to])
	}
	return l
}

// sorted is the order of rows. It moves numbers and ranks each row once: a list of thousands is ordered again for each
// change of a busy cluster.
func sorted[R any](rows []R, t Table, k rowKind[R]) []int {
	index, ranks := make([]int, len(rows)), make([]int, len(rows))
	byColumn := t.Sort != "" && t.Sort != "state"
	for i := range rows {
		index[i] = i
		switch {
		case byColumn:
		case k.rank != nil:
			ranks[i] = k.rank(&rows[i])
		case k.state != nil:
			ranks[i] = trouble(k.state(&rows[i]))
		}
	}
	slices.SortStableFunc(index, func(a, b int) int {
		if t.Reverse {
			a, b = b, a
		}
		if byColumn {
			return k.by(&rows[a], &rows[b], t.Sort)
		}
		return cmp.Compare(ranks[b], ranks[a])
	})
	return index
}

// row is the row with an ID, nil when there is none.
func (l *listing[R]) row(id string) *R {
	if i := slices.Index(l.ids, id); i >= 0 {
		return &l.rows[i]
	}
	return nil
}

// chosen is the selected row, else the first; nil without rows.
func (l *listing[R]) chosen(t Table) *R {
	if r := l.row(t.Selected); r != nil || len(l.rows) == 0 {
		return r
	}
	return &l.rows[0]
}

// listKey is everything that an order depends on. Clusters are immutable, so that their pointers stand for all of
// their rows.
type listKey struct {
	clusters []*fleet.Cluster
	of       fleet.ObjectRef
	sort     string
	reverse  bool
	filter   fleet.Safe
}

// memo is the last listing of one table with what it was made from.
type memo[R any] struct {
	key  listKey
	list *listing[R]
}

// listed returns the listing of a table, made again only where something changed. A filter without a text cannot be
// told from another one and is never remembered.
func listed[R any](m *memo[R], s *fleet.Snapshot, of fleet.ObjectRef, t Table, build func() *listing[R]) *listing[R] {
	unnamed := t.Filter.Match != nil && t.Filter.Text.IsEmpty()
	if m == nil || unnamed {
		return build()
	}
	if m.list != nil && slices.Equal(m.key.clusters, s.Clusters) && m.key.of == of && m.key.sort == t.Sort &&
		m.key.reverse == t.Reverse && m.key.filter == t.Filter.Text {
		return m.list
	}
	m.key = listKey{clusters: s.Clusters, of: of, sort: t.Sort, reverse: t.Reverse, filter: t.Filter.Text}
	m.list = build()
	return m.list
}

// inScope are the clusters that a screen is about.
func inScope(s *fleet.Snapshot, of fleet.ObjectRef) []*fleet.Cluster {
	if of.Cluster == "" {
		return s.Clusters
	}
	if c := ClusterOf(s, of.Cluster); c != nil {
		return []*fleet.Cluster{c}
	}
	return nil
}

// seenAs is the state of a row as it is drawn: what a silent cluster said last is old, and never normal.
func seenAs(c *fleet.Cluster, s fleet.State) fleet.State {
	if (c.State == fleet.StateStale || c.State == fleet.StateDown) && s.Rank() < fleet.StateStale.Rank() {
		return fleet.StateStale
	}
	return s
}

// searched joins what a filter looks at.
func searched(words ...string) string { return strings.Join(words, " ") }
