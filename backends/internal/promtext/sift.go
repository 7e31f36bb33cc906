package promtext

import "bytes"

// sift keeps the TYPE lines and the series lines of wanted families, which are a third of a usual page, for the
// parser. Every other line is only looked at as far as it takes to tell a metrics page from something else:
// a comment, or a name, labels and something like a number. It counts all series and refuses too many.
func (t *Table) sift(body []byte, p *Page) error {
	var last []byte // name of the series before: families come in runs
	var kind sampleKind
	var wanted bool
	for len(body) > 0 {
		end := bytes.IndexByte(body, '\n')
		if end < 0 {
			return errCut
		}
		line, next := body[:end], body[:end+1]
		body = body[end+1:]
		line = trimBlank(line)
		if len(line) == 0 {
			continue
		}
		if line[0] == '#' {
			if t.isWantedType(line) {
				p.kept = append(p.kept, next...)
			}
			continue
		}
		if p.Series++; p.Series > MaxSeries {
			return errSeries
		}
		n := len(last)
		if n == 0 || len(line) <= n || !isNameEnd(line[n]) || string(line[:n]) != string(last) {
			n = nameLength(line)
			last = line[:n]
			kind, wanted = t.samples[string(last)]
		}
		switch {
		case wanted:
			p.kept = append(p.kept, next...)
			p.kinds = append(p.kinds, kind)
		case !isSeries(line, n):
			return errLine
		}
	}
	return nil
}

func trimBlank(line []byte) []byte {
	for len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
		line = line[1:]
	}
	return line
}

const typeMark = "# TYPE "

// isWantedType tells whether a comment declares the type of a wanted family. A line that
// spaces its words in another way leaves its family untyped.
func (t *Table) isWantedType(line []byte) bool {
	if len(line) < len(typeMark) || string(line[:len(typeMark)]) != typeMark {
		return false
	}
	name := line[len(typeMark):]
	if i := bytes.IndexByte(name, ' '); i >= 0 {
		name = name[:i]
	}
	_, ok := t.types[string(name)]
	return ok
}

func isNameEnd(c byte) bool { return c == '{' || c == ' ' || c == '\t' }

func nameLength(line []byte) int {
	for i, c := range line {
		if isNameEnd(c) {
			return i
		}
	}
	return len(line)
}

// isSeries looks at a line whose first n bytes are its name.
func isSeries(line []byte, n int) bool {
	if n == 0 || !isNameByte(line[0]) {
		return false
	}
	rest := line[n:]
	if brace := bytes.LastIndexByte(rest, '}'); brace >= 0 {
		rest = rest[brace+1:]
	}
	value, after := word(trimBlank(rest))
	stamp, after := word(trimBlank(after))
	return isNumber(value) && (len(stamp) == 0 || isNumber(stamp)) && len(trimBlank(after)) == 0
}

// word parts text at its first blank.
func word(text []byte) (first, rest []byte) {
	for i, c := range text {
		if c == ' ' || c == '\t' {
			return text[:i], text[i:]
		}
	}
	return text, nil
}

// isNumber tells what looks like a number: digits with the marks of decimal and hexadecimal floats, Inf or NaN.
func isNumber(w []byte) bool {
	if len(w) > 0 && (w[0] == '+' || w[0] == '-') {
		w = w[1:]
	}
	if len(w) == 0 {
		return false
	}
	if c := w[0]; c != '.' && (c < '0' || c > '9') {
		return bytes.EqualFold(w, []byte("inf")) || bytes.EqualFold(w, []byte("nan"))
	}
	for _, c := range w {
		if !isNumberByte(c) {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':'
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == '+' || c == '-' || c == 'x' || c == 'X' || c == 'p' || c == 'P' ||
		c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
