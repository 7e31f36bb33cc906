package sheet

import (
	"regexp"
	"strings"
)

// Head is the first row of a table.
type Head struct {
	Names []string // as they are written
	index map[string]int
}

// translated is a column of a provider that writes its names in the reader's language, with the real one behind.
var translated = regexp.MustCompile(`\(([A-Za-z][A-Za-z0-9]*)\)$`)

// NewHead reads a first row.
func NewHead(fields [][]byte) Head {
	h := Head{index: make(map[string]int, len(fields))}
	for i, f := range fields {
		name := string(Trim(f))
		h.Names = append(h.Names, name)
		h.name(name, i)
		if m := translated.FindStringSubmatch(name); m != nil {
			h.name(m[1], i)
		}
	}
	return h
}

func (h *Head) name(name string, i int) {
	if name = strings.ToLower(name); name == "" {
		return
	}
	if _, taken := h.index[name]; !taken {
		h.index[name] = i
	}
}

// Len is how many columns there are.
func (h *Head) Len() int { return len(h.Names) }

// Has tells whether all of some columns are there, whatever the case of their letters.
func (h *Head) Has(names ...string) bool {
	for _, n := range names {
		if _, ok := h.index[strings.ToLower(n)]; !ok {
			return false
		}
	}
	return true
}

// Column is where the first of some columns stands that is there.
func (h *Head) Column(names ...string) Column {
	for _, n := range names {
		if i, ok := h.index[strings.ToLower(n)]; ok {
			return Column(i + 1)
		}
	}
	return 0
}

// Column is one column of a table; the zero Column is none.
type Column int

// Of is the field of a row, without spaces around it; empty where there is no such column.
func (c Column) Of(row [][]byte) []byte {
	if i := int(c) - 1; i >= 0 && i < len(row) {
		return Trim(row[i])
	}
	return nil
}
