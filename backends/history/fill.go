package history

import (
	"bufio"
	"errors"
	"iter"
	"os"
	"path/filepath"

	"pitwall/fleet"
)

// Fill writes many points, oldest first, replacing what is stored of their days: for the demo's past.
func (s *Store) Fill(points iter.Seq[Point]) error {
	var (
		file *os.File
		out  *bufio.Writer
		buf  []byte
		day  string
	)
	finish := func() error {
		if file == nil {
			return nil
		}
		return errors.Join(out.Flush(), file.Close())
	}
	for p := range points {
		if d := p.At.UTC().Format(dayFormat); d != day {
			if err := finish(); err != nil {
				return problem(err)
			}
			f, err := os.OpenFile(filepath.Join(s.dir, d+suffix), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
			if err != nil {
				return problem(err)
			}
			file, day = f, d
			out = bufio.NewWriter(f)
		}
		line, err := appendLine(buf[:0], &p)
		if err == nil {
			buf = line
			_, err = out.Write(line)
		}
		if err != nil {
			return problem(errors.Join(err, finish()))
		}
	}
	return problem(finish())
}

func problem(err error) error {
	if err == nil {
		return nil
	}
	return &fleet.Error{Kind: fleet.KindInternal, Op: "write history", Err: err}
}
