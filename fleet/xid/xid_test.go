package xid

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestCatalogueIsCompleteAndInPlainWords(t *testing.T) {
	all := All()
	if len(all) < 172 {
		t.Fatalf("%d codes, want at least the 172 of the catalogue", len(all))
	}
	for i, e := range all {
		if e.Code != i+1 {
			t.Errorf("entry %d has code %d: Lookup indexes by code", i, e.Code)
		}
		for _, phrase := range []string{e.Meaning, e.Action} {
			if phrase == "" || len(phrase) > 100 || strings.HasSuffix(phrase, ".") {
				t.Errorf("Xid %d: %q is not a short phrase", e.Code, phrase)
			}
		}
	}
}

func TestClassesFollowTheFailureCatalogue(t *testing.T) {
	want := map[Class][]int{
		ClassInfo:       {13, 31, 32, 43, 45, 8, 38, 121},
		ClassWatch:      {63, 92, 154, 1, 159, 167, 176},
		ClassReplicaOut: {74, 94, 144, 145, 150},
		ClassGPUOut:     {46, 48, 62, 64, 95, 109, 119, 120, 136, 140, 143, 155, 156, 158, 171, 172},
		ClassNodeOut:    {54, 79, 151},
	}
	for class, codes := range want {
		for _, code := range codes {
			if e, ok := Lookup(code); !ok || e.Class != class {
				t.Errorf("Xid %d: class %q (known %v), want %q", code, e.Class, ok, class)
			}
		}
	}
}

func TestUnknownCodesSaySo(t *testing.T) {
	for _, code := range []int{-1, 0, 177, 100000} {
		e, ok := Lookup(code)
		if ok || e.Class != ClassWatch || e.Code != code || e.Meaning == "" {
			t.Errorf("Lookup(%d) = %+v, %v", code, e, ok)
		}
	}
}

func TestDisputesAreOfTheCatalogue(t *testing.T) {
	for code, text := range disputes {
		e, ok := Lookup(code)
		if !ok || len(text) > 100 || strings.HasSuffix(text, ".") {
			t.Errorf("Xid %d: %q", code, text)
		}
		if ignores := strings.Contains(text, "plugin: ignored"); ignores != e.PluginIgnores {
			t.Errorf("Xid %d: the dispute says that the plugin ignores it: %v, the catalogue %v", code, ignores, e.PluginIgnores)
		}
	}
	if Dispute(79) != "" || Dispute(-1) != "" || Dispute(94) == "" {
		t.Error("Dispute does not follow its table")
	}
}

// TestAgainstSource compares buckets with the recorded catalogue, where it is present.
func TestAgainstSource(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "engines", "xid-catalog.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the recorded catalogue is not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		code, _ := strconv.Atoi(row[0])
		e, ok := Lookup(code)
		if !ok || e.Bucket != row[3] || e.PluginIgnores != (row[8] == "yes") {
			t.Errorf("Xid %s: %+v, source says %v", row[0], e, row)
		}
	}
	if len(rows)-1 != len(All()) {
		t.Errorf("source has %d codes, we have %d", len(rows)-1, len(All()))
	}
}
