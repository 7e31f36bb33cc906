package split

import (
	"reflect"
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestSharesMustMakeAWhole(t *testing.T) {
	members := []fleet.TrafficMember{{ID: "a", Weight: 70}, {ID: "b", Weight: 30}, {ID: "c"}}
	share := func(pairs ...any) (list []fleet.Share) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, fleet.Share{Member: pairs[i].(string), Weight: pairs[i+1].(int)})
		}
		return list
	}
	for _, x := range []struct {
		shares []fleet.Share
		want   map[string]int
		why    string
	}{
		{share("a", 60, "c", 10), map[string]int{"a": 60, "b": 30, "c": 10}, ""},
		{share("a", 60), nil, "sum up to 90"},
		{share("a", 70, "b", 30), nil, "so already"},
		{share("x", 1), nil, "no member x; there are a, b, c"},
		{share("a", 10, "a", 20), nil, "named twice"},
		{share("a", -1), nil, "below 0"},
		{share("a", 101), nil, "sum up to 131"},
		{nil, nil, "no weight is named"},
	} {
		got, why := Percent(members, x.shares)
		if !reflect.DeepEqual(got, x.want) && x.want != nil || x.want == nil && got != nil || !strings.Contains(why, x.why) || (why == "") != (x.why == "") {
			t.Errorf("%v: %v, %q", x.shares, got, why)
		}
	}
	to, _ := Percent(members, share("a", 60, "c", 10))
	if text := Text(members, to).String(); text != "a: 70 -> 60 %, c: 0 -> 10 %" {
		t.Errorf("it says %q", text)
	}
	if Names(nil) != "none" {
		t.Error("no members")
	}
}
