package nvidiasmi

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"pitwall/fleet"
)

// A file may be as old as three intervals, at least two minutes: the job that writes it has a schedule of its own.
const (
	fileIntervals = 3
	fileLeast     = 2 * time.Minute
)

// readFile reads a table that another job wrote. Once the job stops, its file is too old to be the present.
func (r *reader) readFile() (fleet.Partial, error) {
	body, written, err := readRegular(r.file)
	if err != nil {
		return fleet.Partial{}, r.unreadable(err)
	}
	if age := r.clock.Now().Sub(written); age > r.oldest {
		return fleet.Partial{}, r.fail(fleet.KindStale,
			fmt.Errorf("it was last written %s ago", fleet.Age(age)), "look at the job that writes it")
	}
	return r.decode(body, nil)
}

var (
	errNoFile = errors.New("it is not a regular file")
	errBig    = errors.New("it is over 1 MiB: that is no table of GPUs")
)

func readRegular(path string) ([]byte, time.Time, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe without a writer must not hold the read up
	if err != nil {
		return nil, time.Time{}, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, time.Time{}, errNoFile
	}
	body, err := io.ReadAll(io.LimitReader(f, maxOutput+1))
	if err == nil && len(body) > maxOutput {
		err = errBig
	}
	return body, info.ModTime(), err
}

func (r *reader) unreadable(err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return r.fail(fleet.KindNotFound, errors.New("there is no such file"), "look at the job that writes it")
	case errors.Is(err, os.ErrPermission):
		return r.fail(fleet.KindAuth, errors.New("the file may not be read"), "correct its permissions")
	case errors.Is(err, errNoFile), errors.Is(err, errBig):
		return r.fail(fleet.KindInvalid, err, "correct file in the configuration")
	default:
		return r.fail(fleet.KindUnreachable, errors.New("the file cannot be read"), "it is read again later")
	}
}
