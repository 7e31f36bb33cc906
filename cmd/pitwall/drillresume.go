package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kballard/go-shellquote"
	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/drills"
	"pitwall/drills/recording"
	"pitwall/fleet"
)

func drillResumeCommand(f *flags, c console) *cobra.Command {
	x := &drillFlags{}
	var at time.Duration
	cmd := &cobra.Command{Use: "resume FILE", Short: "Take a drill up again from its recording, at its end or at an earlier moment",
		Long: "Takes up a drill whose terminal was closed, or takes over one that is replayed: the same scenario with the same seed begins\n" +
			"anew, what was done up to that moment is done again as fast as the machine can, and then the console is yours. The time\n" +
			"between counts for nothing. What was typed in the last ten seconds before a crash may be missing.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := x.takeUp(args[0], at, cmd.Flags().Changed("at"))
			if err != nil {
				return usage(err)
			}
			return startDrill(cmd.Context(), f, c, x, name)
		}}
	cmd.Flags().DurationVar(&at, "at", 0, "take over so long after the begin of the drill; else where it ended")
	cmd.Flags().Float64Var(&x.speed, "speed", 1, "how fast its time runs")
	cmd.Flags().StringVar(&x.freeze, "freeze-file", "", "file whose presence means that something real is the matter")
	return cmd
}

// takenUp is what was done in a drill before it is taken up again.
type takenUp struct {
	upTo    time.Duration
	entries []drills.Entry
	acts    []drills.Act // changes, as commands
}

var errNoDrill = errors.New("this is no recording of a drill")

// takeUp reads what was done from a recording, and gives the name of its scenario.
func (x *drillFlags) takeUp(path string, at time.Duration, asked bool) (string, error) {
	film, err := recording.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = film.Close() }() // it was only read
	if film.Header.Drill == nil {
		return "", &fleet.Error{Kind: fleet.KindInvalid, Op: "take up " + fleet.Quote(path).String(), Err: errNoDrill}
	}
	notes, err := film.Notes(time.Time{}, film.Last().Add(time.Hour))
	if err != nil {
		return "", err
	}
	begun := slices.IndexFunc(notes, func(n recording.Note) bool { return n.Kind == recording.NoteBegin })
	if begun < 0 {
		return "", fmt.Errorf("%s ended before its drill began", fleet.Quote(path))
	}
	begin := notes[begun].At
	if !asked {
		at = film.Last().Sub(begin)
	}
	x.seed, x.taken = film.Header.Drill.Seed, &takenUp{upTo: max(at, 0)}
	for _, n := range notes {
		if when := n.At.Sub(begin); when >= 0 && when <= at {
			x.taken.add(n, when)
		}
	}
	return film.Header.Drill.Scenario, nil
}

func (t *takenUp) add(n recording.Note, at time.Duration) {
	switch n.Kind {
	case recording.NoteChange:
		t.acts = append(t.acts, drills.Act{At: at, Run: n.Data})
	case recording.NoteMark:
		var e drills.Entry
		if json.Unmarshal([]byte(n.Data), &e) == nil {
			t.entries = append(t.entries, e)
		}
	default:
	}
}

func asData(e drills.Entry) string {
	body, err := json.Marshal(e)
	if err != nil {
		return "" // a note without it is still a note
	}
	return string(body)
}

// noteChanges records the changes that were started since, as the commands that start the same.
func (x *exercise) noteChanges() {
	if x.desk == nil || x.p.s.film == nil {
		return
	}
	b := x.desk.Book()
	for i := range b.Changes {
		ch := &b.Changes[i]
		x.mu.Lock()
		known := x.noted[ch.ID]
		x.noted[ch.ID] = true
		x.mu.Unlock()
		if known {
			continue
		}
		command := x.commandOf(ch)
		x.p.s.film.noteData(recording.NoteChange, fleet.Label(command), command)
	}
}

// commandOf is the command that starts what a person confirmed.
func (x *exercise) commandOf(ch *actions.Change) string {
	var order []fleet.TargetID
	if r := x.p.s.hub.Latest().Route(ch.Plan.Intent.Route); r != nil {
		for i := range r.Targets {
			order = append(order, r.Targets[i].Spec.ID)
		}
	}
	twin := strings.TrimPrefix(x.desk.Twin(ch.Plan.Intent, order).String(), "pitwall ")
	command := strings.TrimSuffix(twin, " --dry-run") + " --yes"
	if len(ch.Approval.Overrides) > 0 || ch.Approval.Typed != "" {
		command += " " + shellquote.Join("--confirm", ch.Plan.Object())
	}
	if len(ch.Approval.Overrides) > 0 {
		command += " " + shellquote.Join("--override", strings.Join(ch.Approval.Overrides, ","))
	}
	if ch.Approval.Reason != "" && !strings.Contains(command, " --reason") {
		command += " " + shellquote.Join("--reason", ch.Approval.Reason)
	}
	return command
}

var errAgain = errors.New("what was done before is still being done again")

// doAgain does what was done before, at its times, as fast as the machine can. A change that cannot be started again is said, and the
// drill goes on without it.
func (x *exercise) doAgain(ctx context.Context) error {
	x.mu.Lock()
	x.again, x.log.Entries = true, slices.Clone(x.taken.entries)
	x.p.hands.d = x.desk
	for i := range x.taken.entries {
		if e := &x.taken.entries[i]; e.Kind == drills.KindHint {
			x.said = append(x.said, e.Text)
		}
	}
	x.mu.Unlock()
	hub := x.p.s.hub
	hub.Gather(unseen)
	acts, entries := x.taken.acts, x.taken.entries
	for x.elapsed() < x.taken.upTo {
		for ; len(entries) > 0 && entries[0].At <= x.elapsed(); entries = entries[1:] {
			x.p.s.film.noteData(recording.NoteMark, entries[0].Text, asData(entries[0]))
		}
		for len(acts) > 0 && acts[0].At <= x.elapsed() {
			if _, _, err := x.p.hands.Run(ctx, acts[0].Run); err != nil {
				x.p.s.hub.Note(fleet.Event{At: x.p.clock.Now(), Level: fleet.LevelWarn, Object: fleet.Text("exercise"),
					Text: fleet.Concat(fleet.Text("not done again: "), fleet.Label(acts[0].Run), fleet.Text(": "), fleet.Sentence(err))})
			}
			acts = acts[1:]
		}
		if err := x.p.clock.Advance(ctx, min(time.Second, x.taken.upTo-x.elapsed())); err != nil {
			return err
		}
		x.deliver()
	}
	hub.Gather(min(unseen, time.Duration(x.speed*float64(seen))))
	x.mu.Lock()
	x.again = false
	x.mu.Unlock()
	return nil
}
