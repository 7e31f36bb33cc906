package litellm

import (
	"context"
	"errors"
	"io"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"pitwall/fleet"
)

// page reads the metrics page; status is that of a refusal. A mount of older versions answers /metrics with a
// redirect to /metrics/, which the client follows.
func (r *Reader) page(ctx context.Context) (p *page, status int, err error) {
	reply, err := r.api.client.Get(ctx, "/metrics", "text/plain; version=0.0.4")
	if err != nil {
		if reply != nil {
			status = reply.Status
		}
		return nil, status, err
	}
	p, err = parsePage(reply.Body)
	if err != nil {
		return nil, 0, &fleet.Error{
			Kind: fleet.KindInvalid, Op: "read metrics", Source: r.api.source, Err: err,
			Next: "the page was refused whole, and the last good reading stays",
		}
	}
	return p, 0, nil
}

func parsePage(body []byte) (*page, error) {
	if len(body) > 0 && body[len(body)-1] != '\n' {
		return nil, errors.New("the page is cut")
	}
	p := newPage()
	parser := textparse.NewPromParser(body, labels.NewSymbolTable(), false)
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return nil, err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		_, _, v := parser.Series()
		var l labels.Labels
		parser.Labels(&l)
		name := l.Get("__name__")
		if wanted(name) {
			p.add(sample{name, l.Get(labelModel), l.Get(labelStatus), l.Get(labelBound), v})
		}
	}
}
