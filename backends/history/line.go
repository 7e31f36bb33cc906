package history

import (
	"encoding/json"
	"strconv"
)

// A line is one point as JSON. A look-back of a fortnight has a hundred thousand of them, which are read before the console
// knows its past: what encoding/json writes for a point is written and read here without it. Every other line of JSON,
// such as one that a person edited, is left to it.

// appendLine adds a point as encoding/json writes it.
func appendLine(b []byte, p *Point) ([]byte, error) {
	if !plainText(p.Key) || !plainText(p.From) {
		line, err := json.Marshal(p)
		return append(append(b, line...), '\n'), err
	}
	at, err := p.At.MarshalJSON()
	if err != nil {
		return b, err
	}
	b = append(append(b, `{"at":`...), at...)
	b = append(append(append(b, `,"key":"`...), p.Key...), '"')
	for _, f := range [...]struct {
		name string
		v    float64
	}{{"req", p.Requests}, {"err", p.Errors}, {"in", p.In}, {"out", p.Out}, {"ttft", p.TTFT95}, {"share", p.Share}} {
		if f.v == 0 {
			continue
		}
		b = append(append(append(b, `,"`...), f.name...), `":`...)
		if b, err = appendNumber(b, f.v); err != nil {
			return b, err
		}
	}
	if p.Within {
		b = append(b, `,"ok":true`...)
	}
	if p.From != "" {
		b = append(append(append(b, `,"from":"`...), p.From...), '"')
	}
	return append(b, "}\n"...), nil
}

// appendNumber adds a number in the shortest form that reads back as the same; very large and small ones, and those that
// JSON has no form for, are left to encoding/json.
func appendNumber(b []byte, v float64) ([]byte, error) {
	if abs := max(v, -v); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(b, v, 'f', -1, 64), nil
	}
	text, err := json.Marshal(v)
	return append(b, text...), err
}

// plainText tells whether a text stands in JSON as it is.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// readLine reads a line into a point.
func readLine(line []byte, p *Point) error {
	if *p = (Point{}); readPlain(line, p) {
		return nil
	}
	*p = Point{}
	return json.Unmarshal(line, p)
}

// readPlain reads a line that appendLine wrote, and says of any other that it cannot.
func readPlain(line []byte, p *Point) bool {
	r := reader{rest: line}
	r.skip(`{"at":"`)
	err := p.At.UnmarshalText(r.text())
	r.skip(`,"key":"`)
	p.Key = string(r.text())
	for _, f := range [...]struct {
		name string
		v    *float64
	}{{`,"req":`, &p.Requests}, {`,"err":`, &p.Errors}, {`,"in":`, &p.In}, {`,"out":`, &p.Out}, {`,"ttft":`, &p.TTFT95},
		{`,"share":`, &p.Share}} {
		if r.has(f.name) {
			*f.v = r.number()
		}
	}
	p.Within = r.has(`,"ok":true`)
	if r.has(`,"from":"`) {
		p.From = string(r.text())
	}
	r.skip(`}`)
	return err == nil && !r.bad && len(r.rest) == 0
}

// reader walks over a line; bad once something else stood there than was looked for.
type reader struct {
	rest []byte
	bad  bool
}

// has steps over a word if it is next.
func (r *reader) has(word string) bool {
	if len(r.rest) < len(word) || string(r.rest[:len(word)]) != word {
		return false
	}
	r.rest = r.rest[len(word):]
	return true
}

func (r *reader) skip(word string) { r.bad = !r.has(word) || r.bad }

// text is what stands up to the quotation mark, which it steps over.
func (r *reader) text() []byte {
	for i, c := range r.rest {
		if c == '"' {
			text := r.rest[:i]
			r.rest = r.rest[i+1:]
			return text
		}
		if c < ' ' || c > '~' || c == '\\' {
			break
		}
	}
	r.bad = true
	return nil
}

// number is a number of JSON without an exponent.
func (r *reader) number() float64 {
	n := 0
	for n < len(r.rest) && (r.rest[n] >= '0' && r.rest[n] <= '9' || r.rest[n] == '.' || r.rest[n] == '-' && n == 0) {
		n++
	}
	text := r.rest[:n]
	r.rest = r.rest[n:]
	v, err := strconv.ParseFloat(string(text), 64)
	r.bad = r.bad || err != nil || !json.Valid(text)
	return v
}
