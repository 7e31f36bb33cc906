package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

// apart is one change in the journals of two machines that went on from the same records.
func apart(t *testing.T) (a, b *Journal, dir string, id fleet.ChangeID) {
	t.Helper()
	dir = t.TempDir()
	a, b = open(t, dir, nil), open(t, t.TempDir(), nil)
	l, id := create(t, a)
	if err := l.Append(story()[0]); err != nil {
		t.Fatal(err)
	}
	raw, err := a.Raw(id)
	if err != nil {
		t.Fatal(err)
	}
	if took, err := b.Import(id, raw, fleet.Text("taken over")); !took || err != nil {
		t.Fatal(took, err)
	}
	return a, b, dir, id
}

func TestAJournalIsTakenOver(t *testing.T) {
	a, b, dir, id := apart(t)
	l, entry, err := b.Continue(id)
	if err != nil || !entry.Behind || entry.Change.State != actions.StateApplying || entry.Last == nil || entry.Change.Hands != 1 {
		t.Fatalf("%+v, %v", entry, err)
	}
	for _, r := range []Record{{Kind: KindGuard, State: actions.StateApplying, Guard: &actions.Guardian{PID: 9, Host: "b"}}, story()[2]} {
		if err := l.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	// The first machine wrote something, too, before it was cut off: that is kept aside.
	mine, _, err := a.Continue(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := mine.Append(story()[1]); err != nil {
		t.Fatal(err)
	}
	theirs, err := b.Raw(id)
	if err != nil {
		t.Fatal(err)
	}
	if took, err := a.Import(id, theirs, fleet.Text("taken over")); !took || err != nil {
		t.Fatal(took, err)
	}
	changes, problems := a.Changes()
	if len(problems) > 0 || len(changes) != 1 || changes[0].State != actions.StateVerifying || changes[0].Hands != 3 || changes[0].Guard.Host != "b" {
		t.Errorf("%+v, %v", changes, problems)
	}
	aside, err := filepath.Glob(filepath.Join(dir, "journal", "*.aside-*"))
	if err != nil || len(aside) != 1 {
		t.Fatal(aside, err)
	}
	if kept, _ := os.ReadFile(aside[0]); !strings.Contains(string(kept), `"sent"`) || strings.Contains(string(kept), `"opened"`) {
		t.Errorf("kept aside: %s", kept)
	}
}

func TestAJournalThatIsOlderIsNotTakenOver(t *testing.T) {
	a, b, _, id := apart(t)
	raw, _ := a.Raw(id)
	before, _ := b.Raw(id)
	if took, err := b.Import(id, raw, fleet.Safe{}); took || err != nil {
		t.Error(took, err)
	}
	if after, _ := b.Raw(id); string(after) != string(before) {
		t.Error("it was changed")
	}
	for name, content := range map[string][]byte{"nothing": nil, "cut": raw[:len(raw)-2], "altered": []byte(strings.Replace(string(raw), "chat", "chut", 1)),
		"another": []byte(strings.Replace(string(raw), string(id), "c9-ffffffff", 1))} {
		if took, err := b.Import(id, content, fleet.Safe{}); took || fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v, %v", name, took, err)
		}
	}
}

// A closed change is taken over as it is: nothing follows it.
func TestAClosedJournalIsTakenOver(t *testing.T) {
	a, _, _, id := apart(t)
	c := open(t, t.TempDir(), nil)
	l, _, err := a.Continue(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Append(story()[7]); err != nil {
		t.Fatal(err)
	}
	raw, _ := a.Raw(id)
	if took, err := c.Import(id, raw, fleet.Safe{}); !took || err != nil {
		t.Fatal(took, err)
	}
	if again, _ := c.Raw(id); string(again) != string(raw) {
		t.Error("something follows its end")
	}
}
