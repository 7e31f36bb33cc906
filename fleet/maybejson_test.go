package fleet

import (
	"encoding/json"
	"testing"
)

func TestUnknownIsNullInJSONAndNeverZero(t *testing.T) {
	type figures struct {
		TTFT    Maybe[Seconds]
		Waiting Maybe[Count]
		Up      Maybe[bool]
	}
	want := figures{TTFT: Some(Seconds(0)), Up: Some(false)}
	b, err := json.Marshal(want)
	if err != nil || string(b) != `{"TTFT":0,"Waiting":null,"Up":false}` {
		t.Fatalf("got %s, %v", b, err)
	}
	got := figures{Waiting: Some(Count(3))} // what was there before must not survive a null
	if err := json.Unmarshal(b, &got); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if err := json.Unmarshal([]byte(`{"TTFT":"soon"}`), &got); err == nil {
		t.Error("text was taken for seconds")
	}
}
