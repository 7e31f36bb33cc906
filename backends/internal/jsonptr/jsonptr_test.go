package jsonptr

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pitwall/fleet"
)

func doc(t testing.TB, text string) any {
	t.Helper()
	v, err := Decode(fleet.JSON(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAFieldHoldsWhatWasThereAndWhatIsAroundItIsMade(t *testing.T) {
	d := doc(t, `{"spec":{"a/b":{"c~d":1},"none":null}}`)
	for _, c := range []struct {
		path  string
		after any
		want  fleet.Field
		doc   string
	}{
		{"/spec/a~1b/c~0d", 2, fleet.Field{Before: fleet.JSON("1"), After: fleet.JSON("2")}, `{"spec":{"a/b":{"c~d":2},"none":null}}`},
		{"/spec/x/y", true, fleet.Field{After: fleet.JSON("true")}, `{"spec":{"a/b":{"c~d":1},"none":null,"x":{"y":true}}}`},
		{"/status/x/y", "<v>", fleet.Field{After: fleet.JSON(`"<v>"`)}, `{"spec":{"a/b":{"c~d":1},"none":null},"status":{"x":{"y":"<v>"}}}`},
		{"/spec/none/y", 1, fleet.Field{After: fleet.JSON("1")}, `{"spec":{"a/b":{"c~d":1},"none":{"y":1}}}`},
		{"/spec/x/y", nil, fleet.Field{}, `{"spec":{"a/b":{"c~d":1},"none":null}}`},
		{"/spec/a~1b", nil, fleet.Field{Before: fleet.JSON(`{"c~d":1}`)}, `{"spec":{"none":null}}`},
	} {
		got := Set(d, c.path, c.after)
		if got.Path != c.path || !got.After.Equal(c.want.After) || !got.Before.Equal(c.want.Before) {
			t.Errorf("%s: got %s -> %s", c.path, got.Before, got.After)
		}
		if made := Encode(With(d, c.path, c.after)); !made.Equal(fleet.JSON(c.doc)) {
			t.Errorf("%s: made %s", c.path, made)
		}
	}
}

func TestADocumentWithSomethingBehindItIsRefused(t *testing.T) {
	for _, text := range []string{"", "{", "{} {}", "{}x"} {
		if _, err := Decode(fleet.JSON(text)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWhatNothingHoldsIsNotSet(t *testing.T) {
	for _, f := range []fleet.Field{{Path: "/l/5", After: fleet.JSON("1")}, {Path: "/l/1"},
		{Path: "/s/x", After: fleet.JSON("1")}} {
		if _, err := Apply(doc(t, `{"l":[1],"s":"t"}`), f); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
}

// Trap 11: an item of a list is changed alone, with what tells that it is still that item.
func TestTrap11AListItemIsChangedAloneAndGuarded(t *testing.T) {
	before := doc(t, `{"containers":[{"name":"vllm","args":["serve","--model","a","--port","1"]},{"name":"side"}]}`)
	after := doc(t, `{"containers":[{"name":"vllm","args":["serve","--model","b","--port","1"]},{"name":"side"}]}`)
	got := Diff("", before, after)
	var paths []string
	for _, f := range got {
		paths = append(paths, f.Path)
	}
	want := []string{"/containers/0/name", "/containers/0/args/1", "/containers/0/args/2"}
	if !slices.Equal(paths, want) {
		t.Fatalf("got %v, want %v", paths, want)
	}
	if string(got[0].Before) != `"vllm"` || !got[0].Before.Equal(got[0].After) || string(got[1].After) != `"--model"` || string(got[2].After) != `"b"` {
		t.Errorf("%s", got)
	}
}

func TestALongerListIsAddedToAndADifferentOneReplaced(t *testing.T) {
	for _, c := range []struct {
		before, after string
		paths         []string
	}{
		{`["a"]`, `["a","b","c"]`, []string{"/1", "/2"}},
		{`["a","b","c"]`, `["a"]`, []string{"/2", "/1"}},
		{`["a"]`, `["x","b"]`, []string{""}},
		{`[{"name":"a"},{"name":"b"}]`, `[{"name":"b"}]`, []string{""}},
		{`[{"name":"a","v":1}]`, `[{"name":"a","v":2},{"name":"b"}]`, []string{"/0/name", "/0/v", "/1"}},
		{`{"a":1}`, `{"b":1}`, []string{"/a", "/b"}},
		{`[1]`, `{}`, []string{""}},
	} {
		var paths []string
		for _, f := range Diff("", doc(t, c.before), doc(t, c.after)) {
			paths = append(paths, f.Path)
		}
		if !slices.Equal(paths, c.paths) {
			t.Errorf("%s to %s: %q", c.before, c.after, paths)
		}
	}
}

// Whatever two documents hold: the fields between them lead there, and their inverse leads back.
func TestFieldsLeadThereAndBack(t *testing.T) {
	leaf := rapid.SampledFrom([]any{"a", "-b", "", true})
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return leaf
		}
		return rapid.OneOf(leaf,
			rapid.Map(rapid.SliceOfN(value(depth-1), 0, 3), func(l []any) any { return l }),
			rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"name", "x/y", "z~"}), value(depth-1), 0, 3), func(m map[string]any) any { return m }))
	}
	root := rapid.MapOfN(rapid.SampledFrom([]string{"name", "p", "q"}), value(3), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		var before, after any = root.Draw(t, "before"), root.Draw(t, "after")
		w := fleet.ObjectWrite{Verb: fleet.WriteSet, Fields: Diff("", before, after)}
		there := all(t, before, w)
		if !reflect.DeepEqual(there, after) {
			t.Fatalf("there: %v, want %v", there, after)
		}
		back, _ := w.Inverse()
		if got := all(t, there, back); !reflect.DeepEqual(got, before) {
			t.Fatalf("back: %v, want %v", got, before)
		}
	})
}

func all(t *rapid.T, d any, w fleet.ObjectWrite) any {
	for _, f := range w.Fields {
		if !Holds(d, f.Path, f.Before) {
			t.Fatalf("%s does not hold %s in %v", f.Path, f.Before, d)
		}
		next, err := Apply(d, f)
		if err != nil {
			t.Fatal(err)
		}
		d = next
	}
	return d
}
