package onprem

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

var (
	errEmpty = errors.New("it is empty")
	errCut   = errors.New("it does not end with a line end: it was cut off, or is being written")
	errHead  = errors.New("its first line names neither the columns of own machines (node, …) nor those of OpenCost (InstanceID, …)")
	errText  = errors.New("it is not UTF-8")
	errMany  = fmt.Errorf("it has more than %d rows", machines.Most)
)

// table is a CSV whose columns are found by name, whatever their order.
type table struct {
	at    map[string]int
	rows  [][]string
	whole bool      // its last line has an end
	asOf  time.Time // of "# as of 2026-11-01", else when the file was written
	from  fleet.Safe
}

// parse reads a price file.
func parse(body []byte, written time.Time) (*fleet.ComputeReading, []fleet.Notice, error) {
	t, err := read(body, written)
	if err != nil {
		return nil, nil, err
	}
	if _, cost := t.at["instanceid"]; cost {
		return t.openCost()
	}
	if _, own := t.at["node"]; !own {
		return nil, nil, errHead
	}
	if !t.whole { // OpenCost's own samples have none, and their last column says nothing
		return nil, nil, errCut
	}
	return t.own()
}

func read(body []byte, written time.Time) (*table, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return nil, errEmpty
	case !utf8.Valid(body):
		return nil, errText
	}
	t := &table{at: map[string]int{}, asOf: written, whole: body[len(body)-1] == '\n'}
	for len(body) > 0 && body[0] == '#' {
		line, rest, _ := bytes.Cut(body, []byte("\n"))
		if day, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "# as of "); ok {
			asOf, err := time.Parse(time.DateOnly, strings.TrimSpace(day))
			if err != nil {
				return nil, errors.New(`its "# as of" names no day as 2026-11-01`)
			}
			t.asOf = asOf
		}
		body = rest
	}
	t.from = fleet.Concat(fleet.Text("price file of "), fleet.Label(t.asOf.Format(time.DateOnly)))
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord, r.Comment, r.TrimLeadingSpace, r.ReuseRecord = 0, '#', true, false
	rows, err := r.ReadAll()
	var bad *csv.ParseError
	switch {
	case errors.As(err, &bad):
		return nil, fmt.Errorf("line %d is no CSV, or has another number of columns than the first", bad.Line)
	case err != nil:
		return nil, errors.New("it is no CSV")
	case len(rows) == 0:
		return nil, errEmpty
	case len(rows)-1 > machines.Most:
		return nil, errMany
	}
	for i, name := range rows[0] {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := t.at[name]; twice && name != "" {
			return nil, fmt.Errorf("it names the column %s twice", fleet.Quote(name))
		}
		t.at[name] = i
	}
	t.rows = rows[1:]
	return t, nil
}

// cell is the text of a column of a row, "" where there is no such column or where it says that there is nothing.
func (t *table) cell(row []string, name string) string {
	i, ok := t.at[name]
	if !ok || i >= len(row) {
		return ""
	}
	switch s := strings.TrimSpace(row[i]); strings.ToLower(s) {
	case "null", "-":
		return ""
	default:
		return s
	}
}

// moments are how times are written in price files. Without a zone they are UTC.
var moments = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05 MST", "2006-01-02T15:04", "2006-01-02 15:04:05",
	"2006-01-02 15:04", time.DateOnly}

func moment(said string) (time.Time, bool) {
	for _, layout := range moments {
		if at, err := time.ParseInLocation(layout, said, time.UTC); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}
