package plain

import (
	"strings"

	"pitwall/fleet"
)

// sentence joins the parts that hold something into sentences, as in "Pool b200-a. State critical.".
func sentence(parts ...fleet.Safe) string {
	var b strings.Builder
	for _, p := range parts {
		text := strings.TrimRight(p.String(), ". ")
		if text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(text)
		b.WriteByte('.')
	}
	return b.String()
}

// named is a word with a value, nothing where the value is empty.
func named(word, value fleet.Safe) fleet.Safe {
	if value.IsEmpty() {
		return fleet.Safe{}
	}
	return fleet.Concat(word, fleet.Text(" "), value)
}

// spoken is a state in words that are read aloud well.
func spoken(s fleet.State) fleet.Safe {
	switch s {
	case fleet.StateOK:
		return fleet.Text("State fine")
	case fleet.StateStandby:
		return fleet.Text("State standby")
	case fleet.StateIdle:
		return fleet.Text("State idle")
	case fleet.StateUnknown, "":
		return fleet.Text("State unknown, never read")
	case fleet.StateStale:
		return fleet.Text("State stale")
	case fleet.StateWarn:
		return fleet.Text("State warning")
	case fleet.StateDrift:
		return fleet.Text("State drift")
	case fleet.StateCrit:
		return fleet.Text("State critical")
	case fleet.StateDown:
		return fleet.Text("State down")
	default:
		return fleet.Concat(fleet.Text("State "), s.Text())
	}
}

// spokenLevel is the level of an alert in words.
func spokenLevel(l fleet.Level) fleet.Safe {
	switch l {
	case fleet.LevelCrit:
		return fleet.Text("Critical")
	case fleet.LevelWarn:
		return fleet.Text("Warning")
	case fleet.LevelStale:
		return fleet.Text("Stale")
	default:
		return fleet.Text("Note")
	}
}

// percent is "Errors 6.2 percent", or that the figure is unknown.
func percent(word fleet.Safe, r fleet.Maybe[fleet.Ratio]) fleet.Safe {
	if !r.OK {
		return fleet.Concat(word, fleet.Text(" unknown"))
	}
	return fleet.Concat(word, fleet.Text(" "), trimmed(r.V.Text()), fleet.Text(" percent"))
}

// trimmed drops the zeros that end a decimal fraction: "6.20" is read as 6.2.
func trimmed(t fleet.Safe) fleet.Safe {
	s := t.String()
	if !strings.Contains(s, ".") {
		return t
	}
	return fleet.Label(strings.TrimSuffix(strings.TrimRight(s, "0"), "."))
}

// lasting is a duration with its unit in words: "720 milliseconds", "2.1 seconds".
func lasting(word fleet.Safe, s fleet.Maybe[fleet.Seconds]) fleet.Safe {
	switch {
	case !s.OK:
		return fleet.Concat(word, fleet.Text(" unknown"))
	case s.V < 1:
		return fleet.Concat(word, fleet.Text(" "), trimmed(fleet.Float(float64(s.V)*1000, 0)), fleet.Text(" milliseconds"))
	default:
		return fleet.Concat(word, fleet.Text(" "), trimmed(fleet.Float(float64(s.V), 1)), fleet.Text(" seconds"))
	}
}

func figure[T fleet.Texter](word fleet.Safe, m fleet.Maybe[T]) fleet.Safe {
	if !m.OK {
		return fleet.Concat(word, fleet.Text(" unknown"))
	}
	return fleet.Concat(word, fleet.Text(" "), m.V.Text())
}
