package enginepage

import (
	"sync"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// Decode reads one page. It may keep memory from page to page, and is not safe for concurrent use.
type Decode func(page []byte) (fleet.Partial, error)

// Pages decodes the pages of all sources of one kind. It has as many decoders as are at work at once: each keeps memory
// of about the size of a page, which a thousand sources need not have a thousand times. It is safe for concurrent use.
type Pages struct{ idle sync.Pool }

// NewPages makes decoders as they are needed.
func NewPages(make func() Decode) *Pages {
	return &Pages{idle: sync.Pool{New: func() any { return make() }}}
}

// Decode reads one page. Errors are of KindInvalid and name no source.
func (p *Pages) Decode(page []byte) (fleet.Partial, error) { return p.DecodeOf("", page) }

// DecodeOf reads one page of a source, which errors name.
func (p *Pages) DecodeOf(source fleet.SourceID, page []byte) (fleet.Partial, error) {
	decode, _ := p.idle.Get().(Decode)
	partial, err := decode(page)
	p.idle.Put(decode) // not after a panic: its memory is then in no known state
	if err != nil {
		return fleet.Partial{}, promtext.Refused(source, err)
	}
	return partial, nil
}
