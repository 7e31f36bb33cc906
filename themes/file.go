package themes

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"pitwall/fleet"
)

//go:embed files/*.theme
var files embed.FS

// style is the look of one role: attributes and 16-colour codes, with a finer colour for terminals that have it.
type style struct {
	attrs  []string // SGR parameters that hold in every profile
	named  []string // SGR parameters of named colours
	fg, bg string   // hexadecimal RGB, "" to use named
}

type look [roleCount]style

// Names lists the embedded themes in alphabetical order.
func Names() []string {
	entries, err := files.ReadDir("files")
	if err != nil {
		return []string{DefaultName}
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".theme")
	}
	slices.Sort(names)
	return names
}

func embedded(name string) (look, bool) {
	if name == "" {
		name = DefaultName
	}
	data, err := files.ReadFile("files/" + name + ".theme")
	if err != nil {
		return look{}, false
	}
	l, err := parse(string(data))
	return l, err == nil
}

// parse reads "role = words ; #fg #bg" lines; "#" at the start of a line begins a comment.
func parse(data string) (look, error) {
	var l look
	for n, line := range strings.Split(data, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		role := slices.Index(roleNames[:], strings.TrimSpace(name))
		if !ok || role < 0 {
			return l, lineError(n, "no such role: "+name)
		}
		words, fine, _ := strings.Cut(value, ";")
		s, err := parseStyle(strings.Fields(words), strings.Fields(fine))
		if err != nil {
			return l, lineError(n, err.Error())
		}
		l[role] = s
	}
	return l, nil
}

func lineError(n int, what string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read theme", Err: fmt.Errorf("line %d: %s", n+1, what)}
}

func parseStyle(words, fine []string) (style, error) {
	var s style
	for _, w := range words {
		if code, ok := attribute(w); ok {
			s.attrs = append(s.attrs, code)
		} else if code, ok := namedColour(w); ok {
			s.named = append(s.named, code)
		} else {
			return s, fmt.Errorf("no such colour or attribute: %s", w)
		}
	}
	for i, w := range fine {
		if _, err := strconv.ParseUint(strings.TrimPrefix(w, "#"), 16, 24); err != nil || len(w) != 7 || i > 1 {
			return s, fmt.Errorf("want #rrggbb: %s", w)
		}
		if i == 0 {
			s.fg = w
		} else {
			s.bg = w
		}
	}
	return s, nil
}

func attribute(w string) (string, bool) {
	i := slices.Index([]string{"", "bold", "faint", "italic", "underline", "", "", "reverse"}, w)
	return strconv.Itoa(i), w != "" && i > 0
}

func namedColour(w string) (string, bool) {
	base := 30
	if rest, ok := strings.CutPrefix(w, "on-"); ok {
		w, base = rest, 40
	}
	if rest, ok := strings.CutPrefix(w, "bright-"); ok {
		w, base = rest, base+60
	}
	i := slices.Index([]string{"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"}, w)
	return strconv.Itoa(base + i), i >= 0
}

// sequence makes the SGR sequence of a style for a profile.
func (s style) sequence(p Profile) string {
	params := slices.Clone(s.attrs)
	switch {
	case p == Mono:
	case p == ANSI16 || s.fg == "":
		params = append(params, s.named...)
	default:
		params = append(params, fineColour("38", s.fg, p))
		if s.bg != "" {
			params = append(params, fineColour("48", s.bg, p))
		}
	}
	if len(params) == 0 {
		return ""
	}
	return "\x1b[" + strings.Join(params, ";") + "m"
}

func fineColour(layer, hex string, p Profile) string {
	rgb, _ := strconv.ParseUint(hex[1:], 16, 24)
	c := ansi.RGBColor{R: byte(rgb >> 16), G: byte(rgb >> 8), B: byte(rgb)}
	if p == ANSI256 {
		return layer + ";5;" + strconv.Itoa(int(ansi.Convert256(c)))
	}
	return fmt.Sprintf("%s;2;%d;%d;%d", layer, c.R, c.G, c.B)
}
