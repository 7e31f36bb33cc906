package enginepage

import (
	"sync"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// Pages decodes pages for one source. It is safe for concurrent use: a read that overran its deadline may still be at
// work.
type Pages struct {
	mu     sync.Mutex
	decode func([]byte) (fleet.Partial, error)
}

// NewPages wraps an adapter's decoding, which may keep memory from page to page.
func NewPages(decode func([]byte) (fleet.Partial, error)) *Pages { return &Pages{decode: decode} }

// Decode reads one page. Errors are of KindInvalid and name no source.
func (p *Pages) Decode(page []byte) (fleet.Partial, error) { return p.DecodeOf("", page) }

// DecodeOf reads one page of a source, which errors name.
func (p *Pages) DecodeOf(source fleet.SourceID, page []byte) (fleet.Partial, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	partial, err := p.decode(page)
	if err != nil {
		return fleet.Partial{}, promtext.Refused(source, err)
	}
	return partial, nil
}
