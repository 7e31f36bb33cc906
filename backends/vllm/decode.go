package vllm

import (
	"bytes"
	"errors"

	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// errRouter is about the router of vLLM's production stack, which shows its own view of many engines under vLLM's prefix.
var errRouter = errors.New("the page is that of a router in front of vLLM, not of an engine; use the engines' addresses")

// key is one engine of one model, as the labels write it.
type key struct{ model, rank []byte }

// Equal compares both names.
func (k key) Equal(o key) bool { return bytes.Equal(k.rank, o.rank) && bytes.Equal(k.model, o.model) }

func keyOf(l promtext.Labels) key {
	var k key
	for k.model == nil || k.rank == nil {
		name, value, rest, ok := l.Next()
		if !ok {
			break
		}
		switch string(name) {
		case "model_name":
			k.model = value
		case "engine":
			k.rank = value
		}
		l = rest
	}
	return k
}

// decoder turns pages into readings and keeps its memory from page to page. It is not safe for concurrent use.
type decoder struct {
	*enginepage.Decoder[key, engine]
}

func newDecoder() *decoder {
	return &decoder{enginepage.New("vLLM", keyOf, families())}
}

func newDecode() enginepage.Decode {
	d := newDecoder()
	return func(page []byte) (p fleet.Partial, err error) {
		p.Engines, p.Notices, err = d.decode(page)
		return p, err
	}
}

func (d *decoder) decode(body []byte) ([]fleet.EngineReading, []fleet.Notice, error) {
	engines, keys, notices, err := d.Decode(body)
	if err != nil {
		return nil, nil, err
	}
	readings := make([]fleet.EngineReading, len(engines))
	for i := range engines {
		x := &engines[i]
		if x.router {
			return nil, nil, errRouter
		}
		x.Model, x.Engine = fleet.ModelName(promtext.Decode(keys[i].model)), promtext.Decode(keys[i].rank)
		if x.ITL.IsZero() {
			x.ITL = x.oldITL
		}
		readings[i] = x.EngineReading
	}
	return readings, notices, nil
}
