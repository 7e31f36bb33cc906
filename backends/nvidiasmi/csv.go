package nvidiasmi

import (
	"bytes"
	"errors"
	"strings"

	"pitwall/fleet"
)

// maxGPUs is how many GPUs one table may have; maxPreamble is how many lines of something else may stand before it.
const (
	maxGPUs     = 1024
	maxPreamble = 32
)

var (
	errEmpty  = errors.New("it printed nothing")
	errCut    = errors.New("the table was cut off: it does not end with a line end")
	errNoHead = errors.New("there is no table: neither a header with uuid, nor a command whose --query-gpu names the fields")
	errNoUUID = errors.New("the table has no uuid: query that field too")
	errShape  = errors.New("a line has another number of values than there are fields")
	errTwice  = errors.New("one GPU appears twice: a file must hold one answer, written anew each time")
	errMany   = errors.New("the table names more than 1024 GPUs")
	errFewer  = errors.New("the driver counts more GPUs than the table has lines: it was cut off between two lines")
	errNoGPU  = errors.New("the table has no line")
	errNoID   = errors.New("a line has no uuid")
)

// table is what one answer says.
type table struct {
	gpus    []fleet.GPUReading
	notices []fleet.Notice
	lost    int // lines that say in words that a GPU does not answer
}

// heading is one field of the table: nil where it is not read.
type heading struct {
	name string
	unit string
	read column
}

// parse reads one answer. names are the fields of a query, for a table without a header. On any error nothing of the
// answer is used.
func parse(body []byte, names []string) (*table, error) {
	switch text := bytes.TrimSpace(body); {
	case len(text) == 0:
		return nil, errEmpty
	case body[len(body)-1] != '\n':
		return nil, errCut
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	head, lines, err := header(lines, names)
	if err != nil {
		return nil, err
	}
	t := &table{}
	seen := map[fleet.GPUID]bool{}
	expected := fleet.None[float64]()
	for _, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" || t.message(line) {
			continue
		}
		x, err := t.line(head, line)
		switch {
		case err != nil:
			return nil, err
		case seen[x.ID]:
			return nil, errTwice
		case len(t.gpus) == maxGPUs:
			return nil, errMany
		}
		seen[x.ID] = true
		if x.count.OK {
			expected = x.count
		}
		t.gpus = append(t.gpus, x.finish())
	}
	switch {
	case len(t.gpus) == 0:
		return nil, errNoGPU
	case expected.OK && float64(len(t.gpus)+t.lost) < expected.V:
		return nil, errFewer
	}
	return t, nil
}

// header finds the line that names the fields, and the lines behind it. Something else may stand before it, such as
// what a login shell prints. Without such a line the fields of the query stand in, and every line is a GPU.
func header(lines, names []string) ([]heading, []string, error) {
	known := columns()
	for i, line := range lines[:min(len(lines), maxPreamble)] {
		head := headings(strings.Split(strings.TrimSuffix(line, "\r"), ","), known)
		if hasUUID(head) {
			return head, lines[i+1:], nil
		}
	}
	if len(names) == 0 {
		for _, line := range lines[:min(len(lines), maxPreamble)] {
			if strings.Contains(line, "temperature.gpu") || strings.Contains(line, "utilization.gpu") {
				return nil, nil, errNoUUID
			}
		}
		return nil, nil, errNoHead
	}
	head := headings(names, known)
	if !hasUUID(head) {
		return nil, nil, errNoUUID
	}
	return head, lines, nil
}

func headings(names []string, known map[string]column) []heading {
	head := make([]heading, len(names))
	for i, text := range names {
		name, unit, _ := strings.Cut(strings.TrimSpace(text), " ")
		head[i] = heading{name: name, unit: strings.Trim(unit, "[]"), read: known[name]}
	}
	return head
}

func hasUUID(head []heading) bool {
	for _, h := range head {
		if h.name == "uuid" || h.name == "gpu_uuid" {
			return true
		}
	}
	return false
}

// line reads the values of one GPU. There is no quoting: names of GPUs hold no comma.
func (t *table) line(head []heading, line string) (*row, error) {
	values := strings.Split(line, ",")
	if len(values) != len(head) {
		return nil, errShape
	}
	x := &row{}
	for i, h := range head {
		text := strings.TrimSpace(values[i])
		if h.read == nil || t.isAbsent(h.name, text) {
			continue
		}
		if err := h.read(x, text, h.unit); err != nil {
			t.notice(fleet.LevelWarn, fleet.Concat(fleet.Quote(h.name), fleet.Text(" "), fleet.Quote(text), fleet.Text(": "),
				fleet.Quote(err.Error()), fleet.Text("; it was left out")))
		}
	}
	if x.ID == "" {
		return nil, errNoID
	}
	return x, nil
}

// isAbsent tells the words that nvidia-smi prints in place of a value. Those that tell of trouble make a notice.
func (t *table) isAbsent(name, text string) bool {
	switch text {
	case "", "N/A", "[N/A]", "[Not Supported]", "[Insufficient Permissions]", "[Not Found]",
		"[Requested functionality has been deprecated]":
		return true
	}
	if !strings.HasPrefix(text, "[") {
		return false
	}
	t.notice(fleet.LevelWarn, fleet.Concat(fleet.Text("nvidia-smi says "), fleet.Quote(text), fleet.Text(" for "), fleet.Quote(name)))
	return true
}

// message tells a line that says in words what is wrong, in place of a GPU's values or beside the table.
func (t *table) message(line string) bool {
	lost := strings.HasPrefix(line, "Unable to determine the device handle")
	if !lost && !strings.HasPrefix(strings.ToLower(line), "warning:") {
		return false
	}
	level := fleet.LevelWarn
	if lost {
		t.lost++
		level = fleet.LevelCrit
	}
	t.notice(level, fleet.Concat(fleet.Text("nvidia-smi: "), fleet.Quote(line)))
	return true
}

// maxNotices bounds what one answer may say beside its values.
const maxNotices = 16

func (t *table) notice(level fleet.Level, text fleet.Safe) {
	for _, n := range t.notices {
		if n.Text == text {
			return
		}
	}
	if len(t.notices) < maxNotices {
		t.notices = append(t.notices, fleet.Notice{Level: level, Text: text})
	}
}

// finish fills in what the table says in another way.
func (x *row) finish() fleet.GPUReading {
	if !x.Power.OK {
		x.Power = x.instant
	}
	if !x.RemapPending.OK {
		x.RemapPending = x.retired
	}
	if !x.MemFree.OK && x.total.OK && x.MemUsed.OK && x.MemUsed.V <= x.total.V {
		x.MemFree = fleet.Some(x.total.V - x.MemUsed.V)
	}
	return x.GPUReading
}
