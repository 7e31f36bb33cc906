package tui

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write docs/keys.md again")

func TestSheetIsFresh(t *testing.T) {
	k, err := NewKeymap(nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "docs", "keys.md")
	want := Sheet(k)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/keys.md is not what the key table says; run go test ./tui -run TestSheet -update")
	}
}
