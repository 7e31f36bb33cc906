package enginepage

import (
	"context"
	"net/url"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// Connector completes the connector of a kind of engine: open makes the reader of one source, and all sources share the
// decoders that decode makes, and the memory that these keep.
func Connector(
	c fleet.Connector, decode func() Decode, open func(fleet.SourceSpec, fleet.Deps, *Pages) (fleet.Reader, error),
) fleet.Connector {
	pages := NewPages(decode)
	c.NewReader = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) { return open(spec, deps, pages) }
	c.NewDecoder = func() fleet.Decoder { return NewPages(decode) }
	return c
}

// Source is one server whose metrics page is read.
type Source struct {
	ID     fleet.SourceID
	Clock  fleet.Clock
	Client *httpx.Client
	pages  *Pages
}

// Open makes the source of a spec, whose url is the address of the server with or without one of the given paths behind
// it. query is what stands behind both.
func (p *Pages) Open(spec fleet.SourceSpec, deps fleet.Deps, paths ...string) (s Source, query url.Values, err error) {
	base, query := httpx.Root(spec.URL, paths...)
	s, err = p.At(spec, base, deps)
	return s, query, err
}

// At makes the source of a spec at an address of its own.
func (p *Pages) At(spec fleet.SourceSpec, base string, deps fleet.Deps) (Source, error) {
	client, err := httpx.New(httpx.For(spec, base, deps))
	return Source{ID: spec.ID, Clock: deps.Clock, Client: client, pages: p}, err
}

// Page asks for the page at a path and reads it. The reply is nil where none came.
func (s *Source) Page(ctx context.Context, path string) (fleet.Partial, *httpx.Reply, error) {
	reply, err := s.Client.Get(ctx, path, promtext.Accept)
	if err != nil {
		return fleet.Partial{}, reply, err
	}
	p, err := s.PageOf(reply)
	return p, reply, err
}

// PageOf reads a page that was answered.
func (s *Source) PageOf(reply *httpx.Reply) (fleet.Partial, error) {
	p, err := s.pages.DecodeOf(s.ID, reply.Body)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.At, p.ServerTime = s.Clock.Now(), reply.ServerTime
	return p, nil
}
