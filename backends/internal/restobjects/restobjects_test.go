package restobjects

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pitwall/fleet"
)

var kind = fleet.ObjectKind{Group: "toy", Version: "v1", Resource: "things", Kind: "Thing"}

// shelf is an API in memory whose tags are honoured.
type shelf struct {
	doc       Document
	missing   bool
	sent      []fleet.JSON
	rehearsed []fleet.JSON
	ids       []string
	refuse    error
}

func (s *shelf) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

func (s *shelf) Fetch(context.Context, fleet.ObjectKind, fleet.ObjectRef) (Document, error) {
	if s.missing {
		return Document{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "read", Err: errors.New("it is not there")}
	}
	return s.doc, nil
}

func (s *shelf) List(context.Context, fleet.ObjectKind, string) ([]fleet.JSON, error) {
	return []fleet.JSON{s.doc.Body}, nil
}

func (s *shelf) Send(_ context.Context, _ fleet.ObjectKind, _ fleet.ObjectRef, was Document, next fleet.JSON, id string) error {
	if s.refuse != nil {
		return s.refuse
	}
	if was.Tag != s.doc.Tag {
		return &fleet.Error{Kind: fleet.KindConflict, Op: "send"}
	}
	s.sent, s.ids, s.doc.Body = append(s.sent, next), append(s.ids, id), next
	return nil
}

func (s *shelf) Rehearse(_ context.Context, _ fleet.ObjectKind, _ fleet.ObjectRef, _ Document, next fleet.JSON) error {
	s.rehearsed = append(s.rehearsed, next)
	return nil
}

func write(fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: fleet.ObjectRef{Cluster: "c", Kind: "Thing", Name: "a"}, API: kind, UID: "7", Verb: fleet.WriteSet, Fields: fields}
}

func image(before, after string) fleet.Field {
	return fleet.Field{Path: "/image", Before: fleet.JSON(before), After: fleet.JSON(after)}
}

func TestAWriteSendsTheWholeDocumentWithItsFieldsSet(t *testing.T) {
	s := &shelf{doc: Document{Body: fleet.JSON(`{"image":"v1","kept":12345678901234567890,"args":["<a>"]}`), UID: "7", Tag: "1"}}
	w := write(image(`"v1"`, `"v2"`), fleet.Field{Path: "/scaling/min", After: fleet.JSON("2")})
	o := NewObjects("s", s)
	if at, err := o.Stand(t.Context(), w); err != nil || at != fleet.StandsBefore {
		t.Fatal(at, err)
	}
	if err := NewWriter("s", s, nil).Write(t.Context(), w, "c1/1.1", true); err != nil || len(s.rehearsed) != 1 || len(s.sent) != 0 {
		t.Fatalf("rehearsal: %v, %d sent", err, len(s.sent))
	}
	if err := NewWriter("s", s, nil).Write(t.Context(), w, "c1/1.1", false); err != nil {
		t.Fatal(err)
	}
	const want = `{"args":["<a>"],"image":"v2","kept":12345678901234567890,"scaling":{"min":2}}`
	if got := string(s.sent[0]); got != want || s.ids[0] != "c1/1.1" {
		t.Errorf("sent %s as %s", got, s.ids[0])
	}
	if at, _ := o.Stand(t.Context(), w); at != fleet.StandsAfter {
		t.Errorf("it stands %s", at)
	}
	back, _ := w.Inverse()
	if err := NewWriter("s", s, nil).Write(t.Context(), back, "c1/back", false); err != nil || !strings.Contains(string(s.sent[1]), `"image":"v1"`) ||
		strings.Contains(string(s.sent[1]), "min") {
		t.Errorf("back: %v, %s", err, s.sent[len(s.sent)-1])
	}
}

func TestWhatDoesNotHoldIsNotWritten(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*shelf)
		kind   fleet.Kind
		stands fleet.Standing
		says   string
	}{
		"a foreign field":   {func(s *shelf) { s.doc.Body = fleet.JSON(`{"image":"v9"}`) }, fleet.KindConflict, fleet.StandsForeign, "/image"},
		"written already":   {func(s *shelf) { s.doc.Body = fleet.JSON(`{"image":"v2"}`) }, fleet.KindConflict, fleet.StandsAfter, "already"},
		"another object":    {func(s *shelf) { s.doc.UID = "8" }, fleet.KindConflict, fleet.StandsGone, "another object"},
		"no object":         {func(s *shelf) { s.missing = true }, fleet.KindNotFound, fleet.StandsGone, "not there"},
		"no JSON":           {func(s *shelf) { s.doc.Body = fleet.JSON(`{"image":`) }, fleet.KindInvalid, "", "read a document"},
		"a field gone null": {func(s *shelf) { s.doc.Body = fleet.JSON(`{"image":null}`) }, fleet.KindConflict, fleet.StandsForeign, "/image"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shelf{doc: Document{Body: fleet.JSON(`{"image":"v1"}`), UID: "7"}}
			x.change(s)
			w := write(image(`"v1"`, `"v2"`))
			err := NewWriter("s", s, nil).Write(t.Context(), w, "c", false)
			if fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.says) || len(s.sent) != 0 {
				t.Errorf("%v, %d sent", err, len(s.sent))
			}
			if next := fleet.Sentence(err).String(); !strings.Contains(next, nothingWritten) {
				t.Errorf("it does not say what holds: %s", next)
			}
			if at, _ := NewObjects("s", s).Stand(t.Context(), w); at != x.stands {
				t.Errorf("it stands %q", at)
			}
		})
	}
}

func TestOtherKindsPartsAndVerbsAreRefused(t *testing.T) {
	s := &shelf{doc: Document{Body: fleet.JSON(`{"image":"v1"}`), UID: "7"}}
	other, evict, part := write(image(`"v1"`, `"v2"`)), write(), write(image(`"v1"`, `"v2"`))
	other.API.Version, evict.Verb, part.Part = "v2", fleet.WriteEvict, "scale"
	for _, w := range []fleet.ObjectWrite{other, evict, part} {
		if err := NewWriter("s", s, nil).Write(t.Context(), w, "c", false); err == nil || len(s.sent) != 0 {
			t.Errorf("%+v was taken: %v", w, err)
		}
	}
	if _, err := NewObjects("s", s).List(t.Context(), kind, "", "a=b"); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("a selector: %v", err)
	}
	if v, _ := NewObjects("s", s).Versions(t.Context(), "apps"); v != nil {
		t.Errorf("versions of another group: %v", v)
	}
}

// slow is an API whose changes are seen when they are over.
type slow struct {
	*shelf
	doing fleet.Safe
}

func (s *slow) Busy(context.Context, fleet.ObjectKind, fleet.ObjectRef) (fleet.Safe, error) {
	return s.doing, nil
}

func TestWhileAnOperationIsUnderWayNobodyKnows(t *testing.T) {
	s := &slow{&shelf{doc: Document{Body: fleet.JSON(`{"image":"v1"}`), UID: "7"}}, fleet.Text("a long change")}
	o := NewObjects("s", s)
	w := write(image(`"v1"`, `"v2"`))
	if at, err := o.Stand(t.Context(), w); fleet.KindOf(err) != fleet.KindServer || at != "" || !strings.Contains(err.Error(), "a long change is under way") {
		t.Errorf("it stands %q, %v", at, err)
	}
	s.doc.Body = fleet.JSON(`{"image":"v2"}`)
	if at, err := o.Stand(t.Context(), w); err != nil || at != fleet.StandsAfter {
		t.Errorf("what is there already: %q, %v", at, err)
	}
	s.doing, s.doc.Body = fleet.Safe{}, fleet.JSON(`{"image":"v1"}`)
	if at, err := o.Stand(t.Context(), w); err != nil || at != fleet.StandsBefore {
		t.Errorf("once it is over: %q, %v", at, err)
	}
}

// An API that refuses a document may say a part of it: values that no screen shows stay out of the error, in whatever spelling.
func TestWhatIsHiddenIsNotSaidByARefusal(t *testing.T) {
	hide := func(doc any) any { return Hide(doc, "envs") }
	s := &shelf{doc: Document{Body: fleet.JSON(`{"image":"v1","envs":[{"name":"TOKEN","value":"hf_\"secret"},{"name":"N","value":12345},{"name":"A","value":"hf"}]}`), UID: "7"}}
	s.refuse = &fleet.Error{Kind: fleet.KindInvalid, Op: "put hf_\"secret", Err: errors.New(`value "hf_\"secret" of TOKEN: 12345 is no text, v1 is`), Next: "see hf_\"secret"}
	err := NewWriter("s", s, hide).Write(t.Context(), write(image(`"v1"`, `"v2"`)), "c", false)
	for _, secret := range []string{"secret", "12345"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("it says %s: %v", secret, err)
		}
	}
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "of TOKEN: (hidden) is no text, v1 is") {
		t.Errorf("it says too little: %v", err)
	}
	s.refuse = errors.New("of another kind")
	if err := NewWriter("s", s, hide).Write(t.Context(), write(image(`"v1"`, `"v2"`)), "c", false); !errors.Is(err, s.refuse) {
		t.Error(err)
	}
}
