package tui

import (
	"strings"
	"testing"

	"pitwall/views"
)

func TestFieldEditing(t *testing.T) {
	for _, c := range []struct{ keys, want string }{
		{"a b c", "abc"}, {"a b backspace c", "ac"}, {"a b left c", "acb"}, {"a b home c end d", "cabd"},
		{"a b left delete", "a"}, {"a space b space ctrl+w c", "a c"}, {"a space b ctrl+w", "a "}, {"a b left ctrl+u", "b"},
		{"left delete backspace", ""}, {"a right right b", "ab"}, {"é 世 backspace", "é"},
	} {
		f := &field{&views.TextField{}}
		for _, key := range strings.Fields(c.keys) {
			if !f.edit(press(key)) {
				t.Errorf("%q: %s is not taken", c.keys, key)
			}
		}
		if f.Text != c.want {
			t.Errorf("%q gives %q, want %q", c.keys, f.Text, c.want)
		}
	}
	f := &field{&views.TextField{}}
	for _, key := range []string{"enter", "esc", "tab", "up", "ctrl+c", "ctrl+d"} {
		if f.edit(press(key)) {
			t.Errorf("%s is taken as text", key)
		}
	}
}

func TestFieldTakesNoControlsAndNoNovel(t *testing.T) {
	f := &field{&views.TextField{}}
	f.insert("a\x1b[31m\r\nb\x00")
	if f.Text != "a[31mb" {
		t.Errorf("field %q", f.Text)
	}
	f.insert(strings.Repeat("x", 10*maxField))
	if n := len([]rune(f.Text)); n != maxField {
		t.Errorf("%d runes, want at most %d", n, maxField)
	}
}
