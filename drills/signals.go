package drills

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
)

// Signal is something that told of the causes of a drill and that the console could show, with the time until it was answered.
type Signal struct {
	At     time.Duration // when it could first be seen
	From   string        // "alert" of the console's own, or the channel of an inject
	Object fleet.Safe    // of an alert
	Text   fleet.Safe
	// Answered is the mark, theory or change that names the object of the alert, or else the first one after the signal. Unknown: never.
	Answered fleet.Maybe[time.Duration]
	By       Kind          // of that entry; "" for none
	Named    bool          // the entry names the object
	Missed   time.Duration // from the signal to its answer, or to the end of the drill; 0 where the answer came before it
}

// FromConsole is the origin of a signal that the console's own detection raised.
const FromConsole = "alert"

// Signals are the injects that do not mislead and the console's own alerts that came up after the first cause, in order.
func Signals(s *Scenario, log *Log) (list []Signal) {
	for _, x := range s.Injects {
		if !x.Misleading && x.At <= log.Ended {
			list = append(list, Signal{At: x.At, From: string(x.Channel), Text: fleet.Label(x.Text)})
		}
	}
	for _, a := range log.Alarms {
		if a.At >= s.Begin() && a.At <= log.Ended {
			list = append(list, Signal{At: a.At, From: FromConsole, Object: a.Object, Text: a.Text})
		}
	}
	slices.SortStableFunc(list, func(a, b Signal) int { return cmp.Compare(a.At, b.At) })
	for i := range list {
		list[i].answer(s, log)
	}
	return list
}

// answer finds what the player made of a signal.
func (x *Signal) answer(s *Scenario, log *Log) {
	var first *Entry
	for i := range log.Entries {
		e := &log.Entries[i]
		if e.At < s.Begin() || e.Kind != KindMark && e.Kind != KindTheory && e.Kind != KindChange {
			continue
		}
		if x.namedBy(s, e) {
			first, x.Named = e, true
			break
		}
		if first == nil && e.At >= x.At {
			first = e
		}
	}
	if first == nil {
		x.Missed = log.Ended - x.At
		return
	}
	x.Answered, x.By, x.Missed = fleet.Some(first.At), first.Kind, max(0, first.At-x.At)
}

// namedBy tells whether an entry names the object of a signal, as a word of its own.
func (x *Signal) namedBy(s *Scenario, e *Entry) bool {
	if x.Object.IsEmpty() {
		return false
	}
	text := e.Text.String()
	if t := s.Theory(e.ID); e.Kind == KindTheory && t != nil {
		text = t.Text
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" \t,;:=()\"'", r) })
	for _, w := range words {
		if strings.TrimRight(w, ".") == strings.ToLower(x.Object.String()) {
			return true
		}
	}
	return false
}

// Answer says when and how a signal was answered.
func (x *Signal) Answer() fleet.Safe {
	switch {
	case !x.Answered.OK:
		return fleet.Text("never")
	case x.Named:
		return fleet.Textf("%s, %s that names it", Clock(x.Answered.V), fleet.Label(string(x.By)))
	}
	return fleet.Textf("%s, first %s after it", Clock(x.Answered.V), fleet.Label(string(x.By)))
}

// What says what a signal is.
func (x *Signal) What() fleet.Safe {
	parts := []fleet.Safe{fleet.Concat(fleet.Label(x.From), fleet.Text(":"))}
	if !x.Object.IsEmpty() {
		parts = append(parts, x.Object)
	}
	return fleet.Join(append(parts, x.Text), fleet.Text(" "))
}

// MissedMinutes draws the minutes that were missed.
func (x *Signal) MissedMinutes() fleet.Safe { return Points(x.Missed.Minutes()) }

// Clock draws a time of a drill.
func Clock(d time.Duration) fleet.Safe { return fleet.Age(d.Truncate(time.Second)) }

// SignalNote says what the table of signals counts.
const SignalNote = "News that do not mislead, and alerts of the console's own that came up after the first cause. " +
	"A signal is answered by the mark, theory or change that names its object, or else by the first one after it. " +
	"What was never answered counts to the end."

func signalTable(b *strings.Builder, list []Signal) {
	fmt.Fprintf(b, "\n## Signals and missed minutes\n\n%s\n\n", SignalNote)
	b.WriteString("| Seen from | Signal | Answered | Missed minutes |\n|---|---|---|---|\n")
	for i := range list {
		x := &list[i]
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", Clock(x.At), cell(x.What()), cell(x.Answer()), x.MissedMinutes())
	}
}

// Interlocks says what the interlocks said of a change: each that did not pass, and how many passed.
func (x *Changed) Interlocks() fleet.Safe {
	var parts []fleet.Safe
	for _, v := range x.Checks {
		parts = append(parts, fleet.Textf("%s %s: %s", fleet.Label(v.Severity), fleet.Label(v.ID), v.Text))
	}
	if x.Passed > 0 {
		parts = append(parts, fleet.Textf("%s passed", fleet.Int(x.Passed)))
	}
	return fleet.Join(parts, fleet.Text("; "))
}
