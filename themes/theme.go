package themes

// Profile is how much colour the output takes.
type Profile uint8

// The profiles. Mono uses bold, faint, underline and reverse only.
const (
	Mono Profile = iota
	ANSI16
	ANSI256
	TrueColor
)

// DefaultName is the theme used when none is named.
const DefaultName = "default"

// Options choose a theme.
type Options struct {
	Name    string // one of Names; "" or an unknown name means DefaultName
	Profile Profile
	ASCII   bool // no glyph outside of ASCII
}

// Theme is a ready set of looks and glyphs. It is immutable and may be shared.
type Theme struct {
	Name    string
	Profile Profile
	Glyphs  *Glyphs
	open    [roleCount]string
}

// New makes the theme ready for a terminal. Without colour every theme looks like mono, whose attributes tell
// roles apart that other themes part by colour.
func New(o Options) *Theme {
	if o.Profile == Mono {
		o.Name = "mono"
	}
	look, ok := embedded(o.Name)
	if !ok {
		o.Name = DefaultName
		look, _ = embedded(o.Name)
	}
	t := &Theme{Name: o.Name, Profile: o.Profile, Glyphs: &utf8Glyphs}
	if o.ASCII {
		t.Glyphs = &asciiGlyphs
	}
	for r := range look {
		t.open[r] = look[r].sequence(o.Profile)
	}
	return t
}

// Open returns the sequence that begins a role, "" where the role looks like plain text.
func (t *Theme) Open(r Role) string {
	if r >= roleCount {
		return ""
	}
	return t.open[r]
}

// Reset ends any role.
const Reset = "\x1b[m"
