package portkey

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"pitwall/fleet"
)

// Somebody saves a config without targets behind our write: nothing is told of members that are not there, and none is written.
func TestAConfigThatLostItsTargets(t *testing.T) {
	p := play(t, map[string]string{slug: chat(`"weight":70`, `"weight":30`)})
	var log bytes.Buffer
	w := p.writer(t, fleet.NewVirtualClock(now()), &log)
	old, wanted := fleet.Weights{"rented": 70, "own": 30}, fleet.Weights{"rented": 60, "own": 40}
	if err := w.SetWeights(t.Context(), chatRoute(), old, wanted); err != nil {
		t.Fatal(err)
	}
	for _, config := range []string{`{"strategy":{"mode":"loadbalance"},"targets":[]}`, `{}`, `{"provider":"openai","api_key":"` + canary + `"}`,
		`{"strategy":{"mode":"of-tomorrow"},"targets":[{"name":"rented","weight":60},{"name":"own","weight":40}]}`} {
		p.save(slug, config)
		puts := p.count(putCall)
		tomorrow := strings.Contains(config, "tomorrow")
		if back := w.ReadBack(t.Context(), chatRoute())[0]; !tomorrow && back.Err == nil && len(back.Weights) > 0 {
			t.Errorf("%s: read back %v", config, back.Weights)
		}
		err := w.SetWeights(t.Context(), chatRoute(), wanted, old)
		if err == nil || p.count(putCall) != puts {
			t.Errorf("%s: %v, %d writes", config, err, p.count(putCall)-puts)
		}
		if strings.Contains(fmt.Sprint(err)+log.String(), canary) {
			t.Errorf("a credential is told: %v", err)
		}
	}
}

// Two consoles shift from the same state at once: one of them wins, and the other is told.
func TestTwoConsolesAtOnce(t *testing.T) {
	p := play(t, map[string]string{slug: chat(`"weight":70`, `"weight":30`)})
	first, second := p.writer(t, fleet.NewVirtualClock(now()), io.Discard), p.writer(t, fleet.NewVirtualClock(now()), io.Discard)
	old := fleet.Weights{"rented": 70, "own": 30}
	if err := first.SetWeights(t.Context(), chatRoute(), old, fleet.Weights{"rented": 60, "own": 40}); err != nil {
		t.Fatal(err)
	}
	if err := second.SetWeights(t.Context(), chatRoute(), old, fleet.Weights{"rented": 10, "own": 90}); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("the second: %v", err)
	}
	same(t, p.holds(slug), chat(`"weight":60`, `"weight":40`))
}
