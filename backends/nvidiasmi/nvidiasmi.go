// Package nvidiasmi reads the table that nvidia-smi prints with --query-gpu and --format=csv: from a command of the
// configuration, such as one over SSH, or from a file that another job writes.
// It must not use a shell, give a command a terminal, let its messages reach a screen, or start a second command while
// one does not end.
package nvidiasmi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"pitwall/fleet"
)

// Connector returns the connector of nvidia-smi. A source has a command or a file in place of a URL. A command that
// does not say what to query gets the list of fields that pitwall reads, in the form that its driver knows.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:      "nvidia-smi",
		Title:     "nvidia-smi",
		Reads:     "use, memory, power, heat, clocks, row remap, ECC, recovery action of whole GPUs, as CSV of a command or a file",
		Interval:  30 * time.Second,
		NewReader: newReader,
	}
}

type reader struct {
	source   fleet.SourceID
	clock    fleet.Clock
	log      *slog.Logger
	file     string
	oldest   time.Duration // of a file
	argv     []string
	names    []string // the fields that a complete command asks for
	complete bool     // the command says itself what to query

	mu    sync.Mutex
	older bool // the driver does not know the newer list of fields
	last  *job // the newest command: it may not have ended
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	r := &reader{source: spec.ID, clock: deps.Clock, log: deps.Log, file: spec.File,
		oldest: max(fileIntervals*spec.Interval, fileLeast), argv: slices.Clone(spec.Command)}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if (len(r.argv) > 0) == (r.file != "") || len(r.argv) > 0 && r.argv[0] == "" {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "open source", Source: spec.ID,
			Err: errors.New("nvidia-smi needs either a command or a file")}
	}
	r.names, r.complete = queried(r.argv)
	return r, nil
}

// queried finds the fields that a command asks for, which a table without a header does not name.
func queried(argv []string) ([]string, bool) {
	const option = "--query-gpu"
	for _, arg := range argv {
		_, list, ok := strings.Cut(arg, option)
		if !ok {
			continue
		}
		if list, ok = strings.CutPrefix(list, "="); !ok {
			return nil, true
		}
		list = strings.Trim(list, `"'`)
		if end := strings.IndexAny(list, " \t\"'"); end >= 0 {
			list = list[:end]
		}
		return strings.Split(list, ","), true
	}
	return nil, false
}

// Read reads the table once.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	if r.file != "" {
		return r.readFile()
	}
	argv, names := r.command()
	out, err := r.run(ctx, argv)
	if err == nil && !r.complete && isUnknownField(out.text) && r.forget() {
		argv, names = r.command()
		out, err = r.run(ctx, argv) // another question, not the same again
	}
	if err != nil {
		return fleet.Partial{}, err
	}
	p, problem := r.decode(out.text, names)
	if out.exit != nil && (problem != nil || !warns(out.code)) {
		return fleet.Partial{}, r.ended(out)
	}
	if problem != nil {
		return fleet.Partial{}, problem
	}
	if out.exit != nil {
		p.Notices = append(p.Notices, fleet.Notice{Level: fleet.LevelCrit, Text: exitText(out.code)})
	}
	return p, nil
}

// command is what is run, with the fields that it asks for.
func (r *reader) command() (argv, names []string) {
	if r.complete {
		return r.argv, r.names
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	list := current
	if r.older {
		list = before570
	}
	return append(slices.Clone(r.argv), "--query-gpu="+strings.Join(list, ","), "--format=csv"), list
}

// forget turns to the older list of fields; false where it is in use already.
func (r *reader) forget() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.older
	r.older = true
	return !before
}

func (r *reader) decode(body []byte, names []string) (fleet.Partial, error) {
	t, err := parse(body, names)
	if err != nil {
		return fleet.Partial{}, r.fail(fleet.KindInvalid, err, "nothing of it was used")
	}
	p := fleet.Partial{At: r.clock.Now(), GPUs: t.gpus, Notices: t.notices}
	if driver := t.gpus[0].Driver; driver != "" {
		p.Version = fleet.Label("driver " + driver)
	}
	return p, nil
}

func (r *reader) fail(kind fleet.Kind, err error, next string) error {
	op := "run nvidia-smi"
	if r.file != "" {
		op = "read the file"
	}
	return &fleet.Error{Kind: kind, Op: op, Source: r.source, Err: err, Next: next}
}

// isUnknownField tells whether the driver does not know a field: then it answers nothing else.
func isUnknownField(out []byte) bool {
	return strings.Contains(string(out), "is not a valid field to query")
}

// ended is the failure of a command that ended with a code.
func (r *reader) ended(out output) error {
	kind, next := fleet.KindServer, "look at the driver of this machine"
	switch {
	case out.code == exitRemote && r.remote():
		kind, next = fleet.KindUnreachable, "check the SSH connection; its messages are in the log"
	case out.code == exitNotFound || out.code == exitNotRun:
		kind, next = fleet.KindInvalid, "correct command in the configuration"
	case isUnknownField(out.text):
		kind, next = fleet.KindInvalid, "leave out of the command what this driver does not know"
	}
	err := fmt.Errorf("%s", exitText(out.code))
	if isUnknownField(out.text) {
		err = errors.New("the driver does not know a field that is queried")
	}
	return r.fail(kind, err, next)
}

// remote tells whether the command goes through SSH, whose own failures end with a code of their own.
func (r *reader) remote() bool {
	return slices.ContainsFunc(r.argv, func(s string) bool { return base(s) == "ssh" })
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
