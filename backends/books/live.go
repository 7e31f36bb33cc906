package books

import (
	"cmp"
	"maps"
	"slices"
)

// live are the records that say all that the books hold, the newest days first, so that a bound leaves out the oldest.
func (b *Books) live() []record {
	var out []record
	for _, id := range slices.Sorted(maps.Keys(b.reads)) {
		r := b.reads[id]
		r.Covers, r.Apart = nil, nil // each day holds its own
		out = append(out, record{Kind: kindRead, Source: id, Read: &r})
	}
	type dated struct {
		day int64
		rec record
	}
	var list []dated
	for _, key := range slices.SortedFunc(maps.Keys(b.pages), pageKey.compare) {
		list = append(list, dated{key.day, record{Kind: kindPage, Source: key.source, Page: pageRow(b.pages[key])}})
	}
	for _, key := range slices.SortedFunc(maps.Keys(b.hours), hourKey.compare) {
		s := b.hours[key]
		list = append(list, dated{key.hour, record{Kind: kindMeter, Writer: key.writer, Hour: key.hour, From: s.From.UnixMilli(),
			To: s.To.UnixMilli(), Lines: lineRows(s.Lines)}})
	}
	slices.SortStableFunc(list, func(x, y dated) int { return cmp.Compare(y.day, x.day) })
	for i := range list {
		out = append(out, list[i].rec)
	}
	return out
}

func (k hourKey) compare(o hourKey) int {
	return cmp.Or(cmp.Compare(k.hour, o.hour), cmp.Compare(k.writer, o.writer))
}
