package fleet

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLabelShowsTamperingInsteadOfObeyingIt(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"plain":             {"llama-70b", "llama-70b"},
		"words":             {"größer 東京", "größer 東京"},
		"escape":            {"a\x1b[8mb", "a^[[8mb"},
		"carriage return":   {"safe\rEVIL", "safe^MEVIL"},
		"line feed":         {"a\nb", "a^Jb"},
		"tab":               {"a\tb", "a^Ib"},
		"bell and delete":   {"\a\x7f", "^G^?"},
		"C1 as UTF-8":       {"\u009b31m", `\u{009B}31m`},
		"raw 0x9b":          {"\x9b31m", "\uFFFD31m"},
		"bidi override":     {"a\u202eb", `a\u{202E}b`},
		"isolate":           {"\u2066x", `\u{2066}x`},
		"zero width":        {"a\u200bb\ufeff", `a\u{200B}b\u{FEFF}`},
		"line separator":    {"a\u2028b", `a\u{2028}b`},
		"tag":               {"\U000e0041", `\u{E0041}`},
		"invalid":           {"a\xffb", "a\uFFFDb"},
		"combining":         {"e\u0301\u0302\u0303\u0304", "e\u0301\u0302"},
		"leading combining": {"\u0301a", "a"},
		"soft hyphen":       {"a\u00adb", `a\u{00AD}b`},
	} {
		if got := Label(tc.in).String(); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
		if clean := IsClean(tc.in); clean != (tc.in == tc.want) {
			t.Errorf("%s: IsClean is %v", name, clean)
		}
	}
}

func TestALongLabelIsCutAndSaysSo(t *testing.T) {
	got := Label(strings.Repeat("x\x1b", 10_000)).String()
	if len(got) > MaxLabelBytes+8 || !strings.HasSuffix(got, "~") {
		t.Errorf("%d bytes, ends with %q", len(got), got[len(got)-4:])
	}
}

func TestAQuoteLeavesRoomForTheSentence(t *testing.T) {
	if got := Quote("a\x1bb").String(); got != "a^[b" {
		t.Errorf("got %q", got)
	}
	for _, s := range []string{strings.Repeat("x", 1000), strings.Repeat("\x06", 1000), strings.Repeat("\u202e", 1000)} {
		if got := Quote(s).String(); len(got) > 120 || !strings.HasSuffix(got, "~") || !IsClean(got) {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	}
}

func TestBlockKeepsLines(t *testing.T) {
	got := Block("one\r\ntwo\x1b\nthree\nfour", 3)
	if len(got) != 3 || got[0].String() != "one" || got[1].String() != "two^[" || got[2].String() != "three" {
		t.Errorf("got %q", got)
	}
}

func TestSafeComesBackFromJSONThroughLabel(t *testing.T) {
	var s Safe
	if err := json.Unmarshal([]byte(`"a\u001b[2Jb"`), &s); err != nil {
		t.Fatal(err)
	}
	if s.String() != "a^[[2Jb" {
		t.Errorf("a journal can draw what it likes: %q", s)
	}
}

func FuzzLabel(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b]52;c;aGk=\a\u009b\u202e\xff\u0301")
	f.Fuzz(func(t *testing.T, in string) {
		got := Label(in).String()
		if !utf8.ValidString(got) {
			t.Fatalf("not UTF-8: %q", got)
		}
		marks := 0
		for _, r := range got {
			switch {
			case r < 0x20 || r == 0x7f || r >= 0x80 && r <= 0x9f:
				t.Fatalf("control %U in %q", r, got)
			case isHidden(r):
				t.Fatalf("hidden %U in %q", r, got)
			}
			if unicode.In(r, unicode.Mn, unicode.Me) {
				marks++
			} else {
				marks = 0
			}
			if marks > maxCombining {
				t.Fatalf("%d combining marks in %q", marks, got)
			}
		}
		if again := Label(got).String(); again != got && len(got) <= MaxLabelBytes {
			t.Fatalf("not stable: %q, then %q", got, again)
		}
	})
}

func TestALongLabelIsCutToItsBoundAndStaysAsItIs(t *testing.T) {
	for _, unit := range []string{"a", "\x1e", "\xff", "\u200b", "é", "界", "a\x1e"} {
		for extra := range 12 {
			raw := strings.Repeat("x", extra) + strings.Repeat(unit, MaxLabelBytes+1)
			got := Label(raw).String()
			if len(got) > MaxLabelBytes || !strings.HasSuffix(got, "~") || !IsClean(got) {
				t.Errorf("%q after %d: %d bytes, clean %v, ends with %q", unit, extra, len(got), IsClean(got), got[len(got)-4:])
			}
		}
	}
	if whole := strings.Repeat("a", MaxLabelBytes); Label(whole).String() != whole {
		t.Error("a label of the greatest length was cut")
	}
}
