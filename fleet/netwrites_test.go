package fleet

import (
	"encoding/json"
	"reflect"
	"testing"
)

func set(name, part string, fields ...Field) ObjectWrite {
	return ObjectWrite{Object: ObjectRef{Kind: "Deployment", Name: name}, Part: part, Verb: WriteSet, Fields: fields, Text: Text("set")}
}

func TestNetKeepsTheFirstBeforeAndTheLastAfter(t *testing.T) {
	got := Net([]ObjectWrite{
		set("a", "", Field{"/image", JSON(`"v1"`), JSON(`"v2"`)}, Field{"/paused", nil, JSON("true")}, Field{"/name", JSON(`"m"`), JSON(`"m"`)}),
		set("b", "scale", Field{"/replicas", JSON("3"), JSON("5")}),
		{Object: ObjectRef{Kind: "Pod", Name: "p"}, Verb: WriteEvict},
		set("a", "", Field{"/paused", JSON("true"), nil}, Field{"/image", JSON(`"v2"`), JSON(`"v3"`)}),
		set("c", "", Field{"/x", JSON(`{"a":1,"b":2}`), JSON(`{"b":2.0, "a":1}`)}),
	})
	want := []ObjectWrite{
		set("a", "", Field{"/image", JSON(`"v1"`), JSON(`"v3"`)}),
		set("b", "scale", Field{"/replicas", JSON("3"), JSON("5")}),
	}
	want[0].Text = Text("set; set")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestAnInverseSwapsItsFieldsInReverseOrder(t *testing.T) {
	w := set("a", "", Field{"/x", nil, JSON("1")}, Field{"/y", JSON("2"), nil})
	back, ok := w.Inverse()
	if !ok || !reflect.DeepEqual(back.Fields, []Field{{"/y", nil, JSON("2")}, {"/x", JSON("1"), nil}}) {
		t.Errorf("%v %+v", ok, back)
	}
	if _, ok := (ObjectWrite{Verb: WriteEvict}).Inverse(); ok {
		t.Error("an eviction has no inverse")
	}
}

func TestFieldsSurviveAJournal(t *testing.T) {
	w := set("a", "", Field{"/x", nil, JSON(`{"k":[1,"two"]}`)}, Field{"/y", JSON("2"), nil})
	body, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var back ObjectWrite
	if err := json.Unmarshal(body, &back); err != nil || !reflect.DeepEqual(back, w) {
		t.Errorf("%v\n%s\n%+v", err, body, back)
	}
}
