package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const (
	keyMedian  = 30 * time.Millisecond
	keys       = 60
	changeMost = 300 * time.Millisecond // beyond one interval
	changes    = 16
)

// measureKeys presses keys that move the selection at random moments and times the first byte that follows. Other
// output may come first, but rarely: it is written about four times a second.
func measureKeys(ctx context.Context, w *workshop) ([]row, error) {
	l, err := newLab(ctx, w)
	if err != nil {
		return nil, err
	}
	defer l.close()
	var took []time.Duration
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range keys {
		if err := sleep(ctx, time.Duration(120+dice.IntN(160))*time.Millisecond); err != nil {
			return nil, err
		}
		at, err := l.screen.press([]string{"j", "k"}[i%2])
		if err != nil {
			return nil, err
		}
		first, err := answered(ctx, l.screen, at)
		if err != nil {
			return nil, err
		}
		took = append(took, first.Sub(at))
	}
	return []row{{figure: "key to first byte while 8 sources update", asked: "median < 30 ms", measured: spread(took),
		how: fmt.Sprintf("pitwall in a pty of 80x24, %d vLLM servers read every %s", updating, every),
		ok:  median(took) < keyMedian}}, nil
}

// answered waits for the first output after a key.
func answered(ctx context.Context, t *terminal, key time.Time) (time.Time, error) {
	for range 2000 {
		if at, ok := t.firstAfter(key); ok {
			return at, nil
		}
		if err := sleep(ctx, time.Millisecond); err != nil {
			return time.Time{}, err
		}
	}
	return time.Time{}, fmt.Errorf("no answer to a key within 2 s; the screen shows:\n%s", t.text())
}

// measureChange changes the queue of one replica right after a page of it was read, so that a whole interval passes
// before the next, and waits for the number on the screen, while the other servers go on changing.
func measureChange(ctx context.Context, w *workshop) ([]row, error) {
	l, err := newLab(ctx, w)
	if err != nil {
		return nil, err
	}
	defer l.close()
	var over []time.Duration
	for i := range changes {
		n := i * perPool % updating // one server of each pool in turn; the pool's others have one request waiting
		own, pool := 400+37*i, poolOf(n)
		shown := fmt.Sprint(own + perPool - 1)
		flipped := l.engines[n].flip(own)
		met := l.screen.expect(func(screen string) bool { return rowHas(screen, pool, shown) })
		seen, err := l.screen.await(ctx, met, "a queue of "+shown)
		if err != nil {
			return nil, err
		}
		over = append(over, seen.Sub(<-flipped)-every)
	}
	return []row{{figure: "change at the source to the screen", asked: "<= interval + 300 ms",
		measured: "worst interval " + signed(slices.Max(over)) + ", median interval " + signed(median(over)),
		how: fmt.Sprintf("pitwall in a pty of 80x24, %d vLLM servers read every %s, %d changes just after a read",
			updating, every, changes),
		ok: slices.Max(over) <= changeMost}}, nil
}

func signed(d time.Duration) string {
	return fmt.Sprintf("%+.0f ms", float64(d)/float64(time.Millisecond))
}

// rowHas tells whether a line that names an object has a word of this text.
func rowHas(screen, object, word string) bool {
	for line := range strings.Lines(screen) {
		f := strings.Fields(line)
		if slices.Contains(f, object) && slices.Contains(f, word) {
			return true
		}
	}
	return false
}
