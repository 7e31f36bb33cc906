package prometheus

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// How many targets one query asks for. The number follows from the size of the answers, so that each stays well below
// what is taken in one piece.
const (
	firstSize  = 50
	leastSize  = 4
	mostSize   = 400
	goodAnswer = 6 << 20 // bytes
)

// marked is the label by which results of one query are told apart.
const marked = "pitwall"

// alsoWanted are metrics that engines do not own, and that their decoders read.
const alsoWanted = "process_start_time_seconds"

// plain are kinds some of whose metrics have names that prove nothing, and that Families therefore lack: of their
// targets everything is asked for.
var plain = map[string]bool{"amd": true, "trtllm": true}

// harvest is what one query brought.
type harvest struct {
	heard
	parts []fleet.Part
	pools []fleet.PoolReading
	rows  int
	err   error
}

// readBatch asks for all series of some targets at once, and hands them to the decoder of their kind.
func (r *reader) readBatch(ctx context.Context, list []target, b *batch, limit int) harvest {
	var out harvest
	pages := map[int]*pageOf{}
	var asked time.Time
	answer, err := r.api.instant(ctx, r.seriesOf(b), limit, func(x *row) error {
		out.rows++
		if len(x.points) > 0 {
			asked = x.points[0].at
		}
		for _, i := range b.owners(x) {
			p := pages[i]
			if p == nil {
				p = &pageOf{}
				pages[i] = p
			}
			if string(x.get(marked)) == "at" && len(x.points) > 0 {
				p.stampedAt(unixTime(x.points[0].value()))
				continue
			}
			p.take(x)
		}
		return nil
	})
	out.heard, out.err = answer, err
	n := 0
	for _, value := range b.values {
		for _, i := range b.members[value] {
			n++
			part := fleet.Part{Source: list[i].spec.ID, Err: err}
			if err == nil {
				part.Reading, part.Err = r.reading(list[i].spec, pages[i], asked)
			}
			out.parts = append(out.parts, part)
		}
	}
	switch {
	case err == nil:
		r.learn(answer.bytes / max(1, n))
	case n > 1 && (errors.Is(err, httpx.ErrTooLong) || errors.Is(err, errMany)):
		r.shrink(n)
	}
	return out
}

// seriesOf is the query for everything that a kind's decoder may want of the targets of a batch, and when the store
// scraped them. Sample times are only told by timestamp(): an instant vector carries the time of the question.
func (r *reader) seriesOf(b *batch) string {
	selector := write(b.selector())
	names := []string{"up", alsoWanted}
	for _, f := range r.families[b.kind] {
		names = append(names, anyOf([]string{f})+".*")
	}
	all := `{` + selector + `}`
	if len(names) > 2 && !plain[b.kind] {
		all = `{` + write([]matcher{{"__name__", "=~", strings.Join(names, "|")}}) + `,` + selector + `}`
	}
	return all + ` or label_replace(timestamp(up{` + selector + `}),"` + marked + `","at","","")`
}

// learn follows the size of the answers.
func (r *reader) learn(bytesPerTarget int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.size = min(mostSize, max(leastSize, goodAnswer/max(1, bytesPerTarget)))
}

// shrink makes the next read ask for fewer targets at once than the number whose answer was too large.
func (r *reader) shrink(targets int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.size = min(r.size, max(1, targets/4))
}

// reading is what the store says of one source.
func (r *reader) reading(spec fleet.SourceSpec, p *pageOf, asked time.Time) (fleet.Partial, error) {
	missing := func(kind fleet.Kind, text, next string) (fleet.Partial, error) {
		return fleet.Partial{}, &fleet.Error{Kind: kind, Op: "read through the store", Source: spec.ID,
			Err: errors.New(text), Next: next}
	}
	switch {
	case p == nil || len(p.up) == 0 && len(p.lines) == 0:
		return missing(fleet.KindNotFound, "the store has no series of it: what it does is unknown",
			"compare its selector with the labels in the store")
	case len(p.up) > 0 && !p.alive:
		return missing(fleet.KindUnreachable, "the store cannot scrape it (up is 0)", "check that it runs")
	case len(p.lines) == 0:
		return missing(fleet.KindNotFound, "the store scrapes it, and keeps no series of "+spec.Kind,
			"check which metrics the store drops")
	}
	read, err := r.decode(spec.Kind, p)
	if err != nil {
		return fleet.Partial{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "read through the store", Source: spec.ID,
			Err: err, Next: "nothing of it was used"}
	}
	for i := range read.Engines { // some pages do not name the model
		if e := &read.Engines[i]; e.Model == "" && len(spec.Models) == 1 {
			e.Model = spec.Models[0]
		}
	}
	arrange(&read)
	read.At = p.at
	if p.at.IsZero() {
		read.At = asked // without "up" the store does not say when it scraped; its look-back bounds the age to minutes
	}
	return read, nil
}

// arrange puts engines and devices into the order that pages have: a store answers in an order of its own.
func arrange(p *fleet.Partial) {
	byNumber := func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }
	slices.SortStableFunc(p.Engines, func(a, b fleet.EngineReading) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), byNumber(a.Engine, b.Engine))
	})
	slices.SortStableFunc(p.GPUs, func(a, b fleet.GPUReading) int {
		return cmp.Or(byNumber(a.Index, b.Index), byNumber(a.MIG, b.MIG), cmp.Compare(a.ID, b.ID))
	})
}

// decode hands a page to the decoder of its kind. Decoders keep memory from page to page, so that one of each is kept.
func (r *reader) decode(kind string, p *pageOf) (fleet.Partial, error) {
	r.decoding.Lock()
	defer r.decoding.Unlock()
	d := r.decoders[kind]
	if d == nil {
		make := r.makers[kind]
		if make == nil {
			return fleet.Partial{}, errors.New("metrics of " + kind + " cannot be read through a store")
		}
		d = make()
		r.decoders[kind] = d
	}
	r.page = p.text(r.page[:0])
	return d.Decode(r.page)
}
