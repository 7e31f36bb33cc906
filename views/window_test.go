package views

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWindowHoldsTheSelectedRow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, rows := rapid.IntRange(0, 80).Draw(rt, "n"), rapid.IntRange(0, 30).Draw(rt, "rows")
		ids := make([]string, n)
		for i := range ids {
			ids[i] = strconv.Itoa(i)
		}
		at := rapid.IntRange(-1, n).Draw(rt, "selected")
		table := Table{Selected: strconv.Itoa(at), Top: rapid.SampledFrom([]string{"", "0", "7", "gone"}).Draw(rt, "top")}
		from, to := window(ids, table, rows)
		if from < 0 || to > n || to-from > rows || to < from {
			rt.Fatalf("[%d, %d) of %d in %d rows", from, to, n, rows)
		}
		if to-from < min(n, rows) {
			rt.Fatalf("room is wasted: [%d, %d) of %d in %d rows", from, to, n, rows)
		}
		if rows > 0 && at >= 0 && at < n && (at < from || at >= to) {
			rt.Fatalf("row %d is not in [%d, %d)", at, from, to)
		}
	})
}

func TestWindowKeepsItsTop(t *testing.T) {
	ids := []string{"a", "b", "c", "d", "e", "f"}
	for _, c := range []struct {
		table    Table
		from, to int
	}{
		{Table{Top: "b", Selected: "c"}, 1, 4},
		{Table{Top: "b", Selected: "f"}, 3, 6},
		{Table{Top: "c", Selected: "a"}, 0, 3},
		{Table{Selected: "b"}, 0, 3},
		{Table{Selected: "d"}, 3, 6},
		{Table{}, 0, 3},
	} {
		if from, to := window(ids, c.table, 3); from != c.from || to != c.to {
			t.Errorf("%+v: [%d, %d), want [%d, %d)", c.table, from, to, c.from, c.to)
		}
	}
}

func TestCountdown(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "00:00", 72 * time.Second: "01:12", 500 * time.Millisecond: "00:01", 3 * time.Hour: "3:00:00",
	} {
		if got := countdown(d).String(); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}

func TestDivide(t *testing.T) {
	a, b := share{least: 2, want: 10, weight: 2}, share{least: 1, want: 3, weight: 1}
	if left := divide(8, []*share{&a, &b}); left != 0 || a.got != 6 || b.got != 2 {
		t.Errorf("got %d and %d, left %d", a.got, b.got, left)
	}
	if left := divide(20, []*share{&a, &b}); left != 7 || a.got != 10 || b.got != 3 {
		t.Errorf("got %d and %d, left %d", a.got, b.got, left)
	}
	if left := divide(-3, []*share{&a, &b}); a.got != 0 || b.got != 0 || left != -3 {
		t.Errorf("no room: got %d and %d, left %d", a.got, b.got, left)
	}
}
