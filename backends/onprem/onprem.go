// Package onprem reads the machines of an owner from a price file: the file of pitwall's own columns, or the price CSV of OpenCost.
// It must not guess: what a row does not say is unknown.
package onprem

import (
	"context"
	"errors"
	"time"

	"pitwall/backends/internal/machines"
	"pitwall/backends/internal/regularfile"
	"pitwall/fleet"
)

// Connector returns the connector "onprem". A source has a file.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "onprem", Title: "Own machines", Interval: time.Minute, NewReader: newReader,
		Reads: "a CSV of own machines with price, commitment and maintenance, or an OpenCost price CSV"}
}

const maxFile = 16 << 20

var blind = fleet.Text("a price file tells no state: that of its nodes is shown")

type reader struct {
	spec  fleet.SourceSpec
	clock fleet.Clock
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	if spec.File == "" || spec.URL != "" {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "open the price file", Source: spec.ID,
			Err: errors.New("own machines are read from a file"), Next: "set file, and no url"}
	}
	return &reader{spec, deps.Clock}, nil
}

// Read reads the file once. A file with a bad row is refused whole: half a list would look like machines that are gone.
func (r *reader) Read(context.Context) (fleet.Partial, error) {
	body, written, err := regularfile.Read(r.spec.File, maxFile)
	if err != nil {
		return fleet.Partial{}, regularfile.Problem(r.spec.ID, err)
	}
	c, notices, err := parse(body, written.UTC())
	if err != nil {
		return fleet.Partial{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the price file", Source: r.spec.ID, Err: err,
			Next: "nothing of it was used; what was read before stays"}
	}
	machines.Sort(c)
	return fleet.Partial{At: r.clock.Now(), Compute: c, Notices: notices}, nil
}
