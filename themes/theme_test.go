package themes

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"pitwall/fleet"
)

func TestEmbeddedThemesParse(t *testing.T) {
	names := Names()
	if strings.Join(names, " ") != "contrast default mono okabe" {
		t.Fatalf("themes: %v", names)
	}
	for _, name := range names {
		data, err := files.ReadFile("files/" + name + ".theme")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(string(data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProfiles(t *testing.T) {
	cases := []struct {
		name    string
		options Options
		role    Role
		want    string
	}{
		{"plain text has no sequence", Options{Profile: TrueColor}, Text, ""},
		{"without colour all themes look like mono", Options{Name: "okabe"}, Crit, "\x1b[1;4m"},
		{"sixteen colours by name", Options{Profile: ANSI16}, Crit, "\x1b[1;31m"},
		{"a theme without fine colours stays with names", Options{Profile: TrueColor}, BandProd, "\x1b[1;37;41m"},
		{"okabe in true colour", Options{Name: "okabe", Profile: TrueColor}, OK, "\x1b[38;2;86;180;233m"},
		{"okabe in sixteen", Options{Name: "okabe", Profile: ANSI16}, OK, "\x1b[34m"},
		{"okabe with a ground", Options{Name: "okabe", Profile: TrueColor}, BandSafe,
			"\x1b[1;38;2;255;255;255;48;2;0;114;178m"},
		{"high contrast puts trouble on a ground", Options{Name: "contrast", Profile: ANSI16}, Crit, "\x1b[1;97;41m"},
		{"an unknown name is the default", Options{Name: "../secret", Profile: ANSI16}, Crit, "\x1b[1;31m"},
	}
	for _, c := range cases {
		if got := New(c.options).Open(c.role); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := New(Options{Name: "okabe", Profile: ANSI256}).Open(OK); !strings.HasPrefix(got, "\x1b[38;5;") {
		t.Errorf("256 colours: %q", got)
	}
}

func TestColourBlindThemeNeverSetsRedAgainstGreen(t *testing.T) {
	for _, p := range []Profile{ANSI16, ANSI256, TrueColor} {
		th := New(Options{Name: "okabe", Profile: p})
		for r := range roleCount {
			if seq := th.Open(r); strings.Contains(seq, ";32m") || seq == "\x1b[32m" {
				t.Errorf("role %s is green: %q", roleNames[r], seq)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"shiny = red":         "no such role",
		"ok red":              "no such role",
		"ok = purple":         "no such colour",
		"ok = blue ; #12345":  "want #rrggbb",
		"ok = ; #112233 blue": "want #rrggbb",
		"ok = bold on-taupe":  "no such colour",
	} {
		_, err := parse("# first line\n" + line)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v, want %q with its line", line, err, want)
		}
		if fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: kind %s", line, fleet.KindOf(err))
		}
	}
}

func TestGlyphsAreOneCell(t *testing.T) {
	for _, g := range []*Glyphs{&asciiGlyphs, &utf8Glyphs} {
		all := append(g.Spark[:], g.HLine, g.VLine, g.TopLeft, g.TopRight, g.BottomLeft, g.BottomRight, g.TeeLeft,
			g.TeeRight, g.Cursor, g.Gap, g.BarFull, g.BarEmpty, g.Limit, g.Axis, g.AxisCorner)
		for _, one := range all {
			if ansi.StringWidth(string(one)) != 1 || !g.UTF8 && one[0] > '~' {
				t.Errorf("glyph %q of set utf8=%v", one, g.UTF8)
			}
		}
	}
}

func TestRolesOfStates(t *testing.T) {
	for state, want := range map[fleet.State]Role{
		fleet.StateOK: OK, fleet.StateDrift: Warn, fleet.StateDown: Crit, fleet.StateStale: Stale, fleet.StateIdle: Dim,
	} {
		if got := OfState(state); got != want {
			t.Errorf("%s: role %s, want %s", state, roleNames[got], roleNames[want])
		}
	}
	if OfLevel(fleet.LevelInfo) != Text || OfLevel(fleet.LevelCrit) != Crit {
		t.Error("levels")
	}
}
