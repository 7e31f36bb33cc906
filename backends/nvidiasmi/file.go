package nvidiasmi

import (
	"time"

	"pitwall/backends/internal/regularfile"
	"pitwall/fleet"
)

// A file may be as old as three intervals, at least two minutes: the job that writes it has a schedule of its own.
const (
	fileIntervals = 3
	fileLeast     = 2 * time.Minute
)

// readFile reads a table that another job wrote. Once the job stops, its file is too old to be the present.
func (r *reader) readFile() (fleet.Partial, error) {
	body, written, err := regularfile.Read(r.file, maxOutput)
	if err != nil {
		return fleet.Partial{}, regularfile.Problem(r.source, err)
	}
	if age := r.clock.Now().Sub(written); age > r.oldest {
		return fleet.Partial{}, regularfile.TooOld(r.source, age)
	}
	return r.decode(body, nil)
}
