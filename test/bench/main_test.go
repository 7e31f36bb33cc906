package main

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/actions/journal"
	"pitwall/test/users"
)

func TestBenchmarkLinesAreRead(t *testing.T) {
	got := parseBenchmarks([]byte("goos: linux\nBenchmarkVLLMPage-2   100  2000 ns/op  27.10 MB/s  900 B/op  16 allocs/op\nPASS\n"))
	if want := map[string]result{"VLLMPage": {ns: 2000, allocs: 16}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestARatioNeedsEveryRoundSpeedAndFewAllocations(t *testing.T) {
	many := func(ns, allocs float64) []result {
		list := make([]result, rounds)
		for i := range list {
			list[i] = result{ns: ns, allocs: allocs}
		}
		return list
	}
	for name, c := range map[string]struct {
		own, other []result
		want       bool
	}{
		"fast":             {many(100, 99), many(1000, 9999), true},
		"slow":             {many(101, 99), many(1000, 9999), false},
		"many allocations": {many(100, 100), many(1000, 9999), false},
		"a round missing":  {many(100, 99)[1:], many(1000, 9999), false},
		"nothing":          {nil, nil, false},
	} {
		if got := ratio(name, c.own, c.other); got.ok != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestTheTableCountsMissesAndSaysHowOnce(t *testing.T) {
	var tb table
	tb.add("1", []row{{figure: "a", ok: true, how: "by hand"}, {figure: "b", how: "by hand"}})
	tb.add("2", []row{{figure: "c"}})
	if tb.missed() != 2 {
		t.Errorf("%d misses, want 2", tb.missed())
	}
	text := tb.text()
	if strings.Count(text, "by hand") != 1 || strings.Count(text, "MISS") != 2 {
		t.Errorf("the table is\n%s", text)
	}
}

func TestOnlyTheIntentOfTheFirstStepCounts(t *testing.T) {
	line := func(r journal.Record) string {
		b, err := json.Marshal(map[string]any{"crc": "0", "rec": r})
		if err != nil {
			t.Fatal(err)
		}
		return string(b) + "\n"
	}
	opened := line(journal.Record{Kind: journal.KindOpened})
	first := line(journal.Record{Kind: journal.KindIntent, Step: &journal.Intent{N: 1}})
	second := line(journal.Record{Kind: journal.KindIntent, Step: &journal.Intent{N: 2}})
	for body, want := range map[string]bool{
		"": false, opened: false, opened + second: false, opened + first: true,
		opened + first[:len(first)/2]: false,
	} {
		if got := intended([]byte(body)); got != want {
			t.Errorf("%t for %q", got, body)
		}
	}
}

func TestARowIsFoundByWholeWords(t *testing.T) {
	screen := "> pool-1  bench  8.3  401  35\n  pool-2  bench  8.3  1401  35\n"
	for _, c := range []struct {
		object, word string
		want         bool
	}{{"pool-1", "401", true}, {"pool-2", "401", false}, {"pool-1", "40", false}} {
		if got := rowHas(screen, c.object, c.word); got != c.want {
			t.Errorf("%v: %t", c, got)
		}
	}
}

func TestMedianIsTheMiddle(t *testing.T) {
	if got := median([]time.Duration{9, 1, 5}); got != 5 {
		t.Errorf("got %d", got)
	}
}

func TestWhatCouldNotBeMeasuredIsAMiss(t *testing.T) {
	failed := errors.New("no terminal")
	done, empty := row{measured: "1 ms", ok: true}, row{ok: true}
	for name, c := range map[string]struct {
		rows  []row
		err   error
		total int
		miss  int
	}{
		"all measured":           {[]row{done, done}, nil, 2, 0},
		"nothing at all":         {nil, failed, 1, 1},
		"one row is empty":       {[]row{done, empty}, failed, 2, 1},
		"failed after the last":  {[]row{done}, failed, 2, 1},
		"empty without an error": {[]row{empty}, nil, 1, 1},
	} {
		var tb table
		tb.add("1", whole("a", c.rows, c.err))
		if len(tb.rows) != c.total || tb.missed() != c.miss {
			t.Errorf("%s: %d rows with %d misses, want %d with %d", name, len(tb.rows), tb.missed(), c.total, c.miss)
		}
	}
}

func TestLostRequestsAreCountedByWhenTheyWereSent(t *testing.T) {
	at := func(n int) time.Time { return time.Unix(int64(n), 0) }
	died, back := at(10), at(20)
	good := func(sent, ended int) users.Request {
		return users.Request{Sent: at(sent), Ended: at(ended), Status: 200, Whole: true, Member: "chat-h100-b"}
	}
	cut := func(q users.Request) users.Request { q.Whole = false; return q }
	dead := good(25, 26)
	dead.Member = "chat-" + leaving
	common := []users.Request{good(1, 2), cut(good(9, 11)), cut(good(19, 25)), good(21, 22)}
	for name, c := range map[string]struct {
		more []users.Request
		ok   bool
	}{
		"none after it": {nil, true}, "one after it": {[]users.Request{cut(good(21, 22))}, false},
		"one to the dead pool": {[]users.Request{dead}, false},
	} {
		r := lostRow(append(slices.Clone(common), c.more...), died, back)
		if r.ok != c.ok || !strings.Contains(r.measured, "before the loss 0 of 1, until the read-back 2 of 2") {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
