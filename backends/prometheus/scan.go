package prometheus

import (
	"bytes"
	"encoding/json"
	"errors"
)

// scanner reads JSON from a body in memory without building values of it: an answer may have hundreds of thousands of
// series, of which few bytes are kept.
type scanner struct {
	b []byte
	i int
}

var errJSON = errors.New("the answer is not the JSON of a Prometheus API")

// maxDepth bounds the nesting of what is skipped.
const maxDepth = 64

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// peek returns the next byte that is no blank, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.i >= len(s.b) {
		return 0
	}
	return s.b[s.i]
}

// take consumes one expected byte.
func (s *scanner) take(c byte) error {
	if s.peek() != c {
		return errJSON
	}
	s.i++
	return nil
}

// object calls f for each key of an object; f consumes the value.
func (s *scanner) object(f func(key []byte) error) error {
	return s.list('{', '}', func() error {
		key, err := s.text()
		if err != nil {
			return err
		}
		if err := s.take(':'); err != nil {
			return err
		}
		return f(key)
	})
}

// array calls f at each element of an array; f consumes it.
func (s *scanner) array(f func() error) error { return s.list('[', ']', f) }

func (s *scanner) list(open, end byte, f func() error) error {
	if err := s.take(open); err != nil {
		return err
	}
	if s.peek() == end {
		s.i++
		return nil
	}
	for {
		if err := f(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.i++
		case end:
			s.i++
			return nil
		default:
			return errJSON
		}
	}
}

// text consumes a string. The result points into the body unless the string holds escapes.
func (s *scanner) text() ([]byte, error) {
	if err := s.take('"'); err != nil {
		return nil, err
	}
	start := s.i
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return s.b[start : s.i-1], nil
		case c == '\\':
			return s.escaped(start)
		case c < 0x20:
			return nil, errJSON
		}
		s.i++
	}
	return nil, errJSON
}

// escaped finishes a string with escapes, which are rare.
func (s *scanner) escaped(start int) ([]byte, error) {
	for s.i < len(s.b) && s.b[s.i] != '"' {
		if s.b[s.i] == '\\' {
			s.i++
		}
		s.i++
	}
	if s.i >= len(s.b) {
		return nil, errJSON
	}
	s.i++
	var out string
	if err := json.Unmarshal(s.b[start-1:s.i], &out); err != nil {
		return nil, errJSON
	}
	return []byte(out), nil
}

// word consumes a number or a literal.
func (s *scanner) word() ([]byte, error) {
	s.space()
	start := s.i
	for s.i < len(s.b) && bytes.IndexByte([]byte(",]} \t\r\n"), s.b[s.i]) < 0 {
		if c := s.b[s.i]; c == '"' || c == '{' || c == '[' || c == ':' {
			return nil, errJSON
		}
		s.i++
	}
	if s.i == start {
		return nil, errJSON
	}
	return s.b[start:s.i], nil
}

// skip consumes any value.
func (s *scanner) skip(depth int) error {
	if depth > maxDepth {
		return errJSON
	}
	switch s.peek() {
	case '{':
		return s.object(func([]byte) error { return s.skip(depth + 1) })
	case '[':
		return s.array(func() error { return s.skip(depth + 1) })
	case '"':
		_, err := s.text()
		return err
	default:
		_, err := s.word()
		return err
	}
}

// end tells whether nothing but blanks is left.
func (s *scanner) end() bool { return s.peek() == 0 && s.i >= len(s.b) }
