package plain

import (
	"time"

	"pitwall/fleet"
)

// Moment is one thing that happened in a recording.
type Moment struct {
	At   time.Time
	Kind fleet.Safe
	Text fleet.Safe
}

// Recording says what a recording is, and what happened in it. cut says why it ends early, "" for a whole one.
func Recording(context string, first, last time.Time, cut fleet.Safe, moments []Moment) string {
	r := &report{}
	r.line(fleet.Textf("recording of %s, %s to %s, %s", fleet.Label(context), date(first), fleet.ClockTime(last),
		fleet.Label(last.Sub(first).Truncate(time.Second).String())))
	if !cut.IsEmpty() {
		r.line(cut)
	}
	for _, m := range moments {
		r.line(fleet.Concat(fleet.ClockTime(m.At), fleet.Text("  "), m.Kind, fleet.Text(": "), m.Text))
	}
	return r.String()
}

func date(t time.Time) fleet.Safe { return fleet.Label(t.UTC().Format("2006-01-02 15:04:05Z")) }
