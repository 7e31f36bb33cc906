// Package regularfile reads files that another job writes, such as a table or a copy of a page.
// It must not wait for a pipe without a writer, read more than its caller takes, or know what is in a file.
package regularfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"pitwall/fleet"
)

var (
	errNoFile = errors.New("it is not a regular file")
	errBig    = errors.New("it is too long for what it should be")
)

// Read reads a whole file of at most limit bytes and tells when it was written.
func Read(path string, limit int64) ([]byte, time.Time, error) {
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
	body, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = fmt.Errorf("%w: over %d MiB", errBig, limit>>20)
	}
	return body, info.ModTime(), err
}

// Problem says what an error of Read means for a source, without the path: the source names it.
func Problem(source fleet.SourceID, err error) error {
	fail := func(kind fleet.Kind, why error, next string) error {
		return &fleet.Error{Kind: kind, Op: "read the file", Source: source, Err: why, Next: next}
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fail(fleet.KindNotFound, errors.New("there is no such file"), "look at the job that writes it")
	case errors.Is(err, os.ErrPermission):
		return fail(fleet.KindAuth, errors.New("the file may not be read"), "correct its permissions")
	case errors.Is(err, errNoFile), errors.Is(err, errBig):
		return fail(fleet.KindInvalid, err, "correct file in the configuration")
	default:
		return fail(fleet.KindUnreachable, errors.New("the file cannot be read"), "it is read again later")
	}
}

// TooOld says that the job behind a file has not written it for too long to be the present.
func TooOld(source fleet.SourceID, age time.Duration) error {
	return &fleet.Error{Kind: fleet.KindStale, Op: "read the file", Source: source,
		Err: fmt.Errorf("it was last written %s ago", fleet.Age(age)), Next: "look at the job that writes it"}
}
