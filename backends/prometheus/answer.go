package prometheus

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// row is one series of an answer. It points into the body and is valid until the next one.
type row struct {
	labels []label
	points []point
	native *native // where the series is a native histogram; points then has its time alone
}

type label struct{ name, value []byte }

// point is one sample. raw is the number as the store wrote it: "NaN" and "+Inf" are numbers there.
type point struct {
	at  time.Time
	raw []byte
}

func (p point) value() float64 {
	v, err := strconv.ParseFloat(string(p.raw), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN()
	}
	return v
}

func (r *row) get(name string) []byte {
	for _, l := range r.labels {
		if string(l.name) == name {
			return l.value
		}
	}
	return nil
}

// native is a native histogram as the API writes it: only buckets that hold something.
type native struct {
	count, sum []byte
	uppers     [][]byte // upper bounds, in the order of the answer
	counts     [][]byte // of each bucket alone
}

// envelope is what an answer says besides its series.
type envelope struct {
	status    string
	errorType string
	message   string
	kind      string // resultType
	warnings  []string
	infos     []string
	partial   bool // VictoriaMetrics: some storage node did not answer
	hasData   bool
}

const (
	maxRemarks = 5 // warnings and infos that are kept of one answer
	maxSeries  = 200_000
)

var errMany = errors.New("more than 200,000 series answered: name fewer replicas here, " +
	"or declare the pool with a selector, so that it is asked for as a whole")

var errLarge = errors.New("more than 32 MiB answered: name fewer replicas here, " +
	"or declare the pool with a selector, so that it is asked for as a whole")

// decode reads a whole answer and hands each series to each. Nothing of an answer that is not whole may be used: the
// caller drops what it was handed when there is an error.
func decode(body []byte, limit int, each func(*row) error) (envelope, error) {
	var e envelope
	s := &scanner{b: body}
	err := s.object(func(key []byte) error { return e.field(s, string(key), limit, each) })
	switch {
	case err != nil:
		return e, err
	case !s.end() || e.status == "":
		return e, errJSON
	case e.status == "success" && !e.hasData:
		return e, errJSON
	}
	return e, nil
}

func (e *envelope) field(s *scanner, key string, limit int, each func(*row) error) error {
	switch key {
	case "status":
		return take(s, &e.status)
	case "errorType":
		return take(s, &e.errorType)
	case "error":
		return take(s, &e.message)
	case "warnings":
		return remarks(s, &e.warnings)
	case "infos":
		return remarks(s, &e.infos)
	case "isPartial":
		return e.isPartial(s)
	case "data":
		if s.peek() != '{' {
			return s.skip(0) // null beside an error
		}
		return e.data(s, limit, each)
	default:
		return s.skip(0)
	}
}

// isPartial stands beside the data, or within it, by version.
func (e *envelope) isPartial(s *scanner) error {
	w, err := s.word()
	e.partial = e.partial || string(w) == "true"
	return err
}

func take(s *scanner, into *string) error {
	if s.peek() != '"' {
		return s.skip(0)
	}
	text, err := s.text()
	*into = string(text)
	return err
}

func remarks(s *scanner, into *[]string) error {
	if s.peek() != '[' {
		return s.skip(0)
	}
	return s.array(func() error {
		var text string
		if err := take(s, &text); err != nil {
			return err
		}
		if text != "" && len(*into) < maxRemarks {
			*into = append(*into, text)
		}
		return nil
	})
}

func (e *envelope) data(s *scanner, limit int, each func(*row) error) error {
	return s.object(func(key []byte) error {
		switch string(key) {
		case "resultType":
			return take(s, &e.kind)
		case "isPartial":
			return e.isPartial(s)
		case "result":
			e.hasData = true
			return series(s, limit, each)
		default:
			return s.skip(0)
		}
	})
}

// series reads a vector or a matrix; of a scalar or a string nothing is wanted.
func series(s *scanner, limit int, each func(*row) error) error {
	if s.peek() != '[' {
		return s.skip(0)
	}
	var r row
	n := 0
	return s.array(func() error {
		if s.peek() != '{' {
			return s.skip(0)
		}
		if n++; n > limit {
			return errMany
		}
		r.labels, r.points, r.native = r.labels[:0], r.points[:0], nil
		if err := r.read(s); err != nil {
			return err
		}
		return each(&r)
	})
}

func (r *row) read(s *scanner) error {
	return s.object(func(key []byte) error {
		switch string(key) {
		case "metric":
			return s.object(func(name []byte) error {
				value, err := s.text()
				r.labels = append(r.labels, label{name, value})
				return err
			})
		case "value":
			return r.point(s)
		case "values":
			return s.array(func() error { return r.point(s) })
		case "histogram":
			return r.histogram(s)
		default:
			return s.skip(0)
		}
	})
}

// point reads [unix seconds, "number"].
func (r *row) point(s *scanner) error {
	var p point
	n := 0
	err := s.array(func() error {
		defer func() { n++ }()
		switch n {
		case 0:
			return stamp(s, &p.at)
		case 1:
			var err error
			p.raw, err = s.text()
			return err
		default:
			return errJSON
		}
	})
	if err == nil && n != 2 {
		err = errJSON
	}
	r.points = append(r.points, p)
	return err
}

func stamp(s *scanner, into *time.Time) error {
	w, err := s.word()
	if err != nil {
		return err
	}
	unix, err := strconv.ParseFloat(string(w), 64)
	if err != nil {
		return errJSON
	}
	*into = unixTime(unix)
	return nil
}

// unixTime converts seconds with a fraction; what is no time of this millennium is the zero time.
func unixTime(unix float64) time.Time {
	if !(unix > 0) || unix > 1e11 {
		return time.Time{}
	}
	return time.UnixMilli(int64(math.Round(unix * 1000))).UTC()
}

// histogram reads [unix seconds, {"count", "sum", "buckets": [[rule, "low", "high", "count"], ...]}].
func (r *row) histogram(s *scanner) error {
	var p point
	h := &native{}
	n := 0
	err := s.array(func() error {
		n++
		if n == 1 {
			return stamp(s, &p.at)
		}
		return s.object(func(key []byte) error {
			var err error
			switch string(key) {
			case "count":
				h.count, err = s.text()
			case "sum":
				h.sum, err = s.text()
			case "buckets":
				err = s.array(func() error { return h.bucket(s) })
			default:
				err = s.skip(0)
			}
			return err
		})
	})
	r.points, r.native = append(r.points, p), h
	return err
}

func (h *native) bucket(s *scanner) error {
	n := 0
	return s.array(func() error {
		defer func() { n++ }()
		if n == 0 {
			return s.skip(0) // whether bounds are part of the bucket
		}
		text, err := s.text()
		switch n {
		case 2:
			h.uppers = append(h.uppers, text)
		case 3:
			h.counts = append(h.counts, text)
		}
		return err
	})
}
