package fleet

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLabelBytes bounds one label, so that a hostile name of megabytes costs nothing downstream.
const MaxLabelBytes = 1024

// maxCombining is how many combining marks may follow one base character.
const maxCombining = 2

// Safe is text that may reach a screen, a log, or an export. Its field is hidden:
// the only doors are Label and Block (outside text), Text (constants of this program)
// and Join/Concat of other Safe values. It holds no C0 or C1 control, no DEL, no bidi or zero-width
// character and at most two combining marks a base.
type Safe struct{ s string }

// constant can only be made from an untyped constant outside this package, which
// keeps strings that come from the network out of Text at compile time.
type constant string

// Text makes Safe from a constant of the program itself.
func Text(c constant) Safe { return Safe{string(c)} }

// Textf formats Safe values into a constant format with %s or %v verbs.
func Textf(format constant, args ...Safe) Safe {
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = a.s
	}
	return Safe{fmt.Sprintf(string(format), values...)}
}

// Concat joins Safe values without anything between them.
func Concat(parts ...Safe) Safe {
	size := 0
	for _, p := range parts {
		size += len(p.s)
	}
	var b strings.Builder
	b.Grow(size)
	for _, p := range parts {
		b.WriteString(p.s)
	}
	return Safe{b.String()}
}

// Join joins Safe values with a Safe separator.
func Join(parts []Safe, sep Safe) Safe {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteString(sep.s)
		}
		b.WriteString(p.s)
	}
	return Safe{b.String()}
}

// String returns the text for drawing.
func (t Safe) String() string { return t.s }

// IsEmpty tells whether there is nothing to draw.
func (t Safe) IsEmpty() bool { return t.s == "" }

// MarshalText lets Safe travel in JSON.
func (t Safe) MarshalText() ([]byte, error) { return []byte(t.s), nil }

// UnmarshalText reads Safe back, through Label: a journal is outside text too.
func (t *Safe) UnmarshalText(b []byte) error {
	*t = Label(string(b))
	return nil
}

// Label makes one line of outside text safe. Dangerous characters are replaced, not dropped,
// so that tampering shows: C0 and DEL become caret notation (^[), C1, bidi, zero-width and tag characters
// their number (\u{200B}), invalid UTF-8 U+FFFD. No normalisation is done. What would be longer
// than MaxLabelBytes is cut to that bound and ends with "~".
func Label(s string) Safe { return within(s, MaxLabelBytes) }

// maxQuoteBytes is what a sentence can hold of a name or value that is not ours.
const maxQuoteBytes = 120

// Quote is Label for a word inside a sentence: cut to maxQuoteBytes, so that the words after it stay readable.
func Quote(s string) Safe { return within(s, maxQuoteBytes) }

func within(s string, most int) Safe {
	if isPlain(s, most) {
		return Safe{s}
	}
	return Safe{escape(s, most)}
}

// Block makes outside text of several lines safe, at most maxLines of them.
// CRLF counts as one line end.
func Block(s string, maxLines int) []Safe {
	var out []Safe
	for len(out) < maxLines && s != "" {
		line, rest, _ := strings.Cut(s, "\n")
		out = append(out, Label(strings.TrimSuffix(line, "\r")))
		s = rest
	}
	return out
}

// IsClean tells whether Label shows s exactly as it is. Where it does not, a dialog
// prints the raw name in quoted form beside the label.
func IsClean(s string) bool { return Label(s).s == s }

func isPlain(s string, most int) bool {
	if len(s) > most {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

func escape(s string, most int) string {
	var b strings.Builder
	marks := 0
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		before, room := b.Len(), most
		if len(s) > 0 {
			room-- // for the mark that there is more
		}
		switch {
		case r == utf8.RuneError && n <= 1:
			b.WriteRune(utf8.RuneError)
			marks = 0
		case r < 0x20:
			b.WriteByte('^')
			b.WriteByte(byte(r) + '@')
			marks = 0
		case r == 0x7f:
			b.WriteString("^?")
			marks = 0
		case isHidden(r):
			fmt.Fprintf(&b, `\u{%04X}`, r)
			marks = 0
		case unicode.In(r, unicode.Mn, unicode.Me):
			// A mark needs a base in the same label: the first rune must not reach out to a neighbouring cell.
			if marks++; marks <= maxCombining && b.Len() > 0 {
				b.WriteRune(r)
			}
		default:
			b.WriteRune(r)
			marks = 0
		}
		if b.Len() > room {
			return b.String()[:before] + "~"
		}
	}
	return b.String()
}

// isHidden lists the characters that change a screen, or hide text, without being seen.
func isHidden(r rune) bool {
	switch {
	case r >= 0x80 && r <= 0x9f, // C1 controls
		r == 0x00ad,              // soft hyphen
		r == 0x061c,              // Arabic letter mark
		r == 0x115f, r == 0x1160, // Hangul fillers
		r == 0x180e,                // Mongolian vowel separator
		r >= 0x200b && r <= 0x200f, // zero-width, direction marks
		r >= 0x2028 && r <= 0x202e, // line and paragraph separators, bidi
		r >= 0x2060 && r <= 0x206f, // word joiner, isolates, deprecated format characters
		r == 0x3164, r == 0xffa0,   // Hangul fillers
		r == 0xfeff,                  // byte order mark
		r >= 0xfe00 && r <= 0xfe0f,   // variation selectors
		r >= 0xfff9 && r <= 0xfffb,   // interlinear annotation
		r >= 0xe0000 && r <= 0xe0fff: // tags, variation selectors supplement
		return true
	}
	return unicode.Is(unicode.Co, r) || unicode.Is(unicode.Cf, r)
}
