package world

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// A program that calls a rented model in a loop: few requests with long answers, at all hours.
const (
	loopRate   = 4.0 // requests per second
	loopOutput = 900 // tokens
	loopDice   = ownDice - 1
)

// spendFaults are those that harm nobody's answers and cost money.
func (w *World) spendFaults(add func(string, *fault)) {
	route := w.dearest()
	if len(w.Gateways) == 0 || route == "" {
		return
	}
	on := []string{"master key"}
	if len(w.keys.specs) > 0 {
		on = nil
		for i := len(w.keys.specs) - 1; i >= 0; i-- {
			on = append(on, w.keys.specs[i].Alias)
		}
	}
	w.causes.add(add, "F37", cause{on: on, magnitudes: Magnitudes{"rate": loopRate, "output": loopOutput},
		make: func(alias string, m Magnitudes) *fault {
			key := w.keyNamed(alias)
			text := "a program calls " + route + " in a loop, " + often(m["rate"]) + " a second with long answers"
			if key != nil {
				text += ", with the key " + key.Alias
			}
			return w.looping(text, &loop{key: key, demand: RouteSpec{Name: route, Rate: m["rate"],
				Prompt: Lengths{Median: 3000, Sigma: .4, Max: 16000}, Output: Lengths{Median: m["output"], Sigma: .4, Max: 2048},
				Stream: 1, MaxTokens: 2048}})
		}})
}

func often(rate float64) string {
	if rate == loopRate {
		return "four times"
	}
	return fmt.Sprintf("%g times", rate)
}

// looping is a program that calls while the cause lasts.
func (w *World) looping(text string, l *loop) *fault {
	return &fault{
		Fault: Fault{Text: text},
		begin: func(float64) {
			l.calls = newRoute(&l.demand, rand.New(rand.NewPCG(w.Spec.Seed, loopDice)))
			w.loops = append(w.loops, l)
		},
		end: func(float64) { w.loops = slices.DeleteFunc(w.loops, func(x *loop) bool { return x == l }) },
	}
}

func (w *World) keyNamed(alias string) *KeySpec {
	for i := range w.keys.specs {
		if w.keys.specs[i].Alias == alias {
			return &w.keys.specs[i]
		}
	}
	return nil
}

// lastKey is nil where the gateways have none but the master key.
func (w *World) lastKey() *KeySpec {
	if n := len(w.keys.specs); n > 0 {
		return &w.keys.specs[n-1]
	}
	return nil
}

// loop is a program that does not stop.
type loop struct {
	key      *KeySpec
	demand   RouteSpec
	calls    *route
	patience float64 // seconds; 0 for as long as the gateway waits
}

// dearest is the route whose requests go to rented members most; "" where none does.
func (w *World) dearest() (name string) {
	most := 0.0
	sum, rented := map[string]float64{}, map[string]float64{}
	for i := range w.Spec.Deployments {
		d := &w.Spec.Deployments[i]
		sum[d.Route] += d.Weight
		if d.Provider != "" {
			rented[d.Route] += d.Weight
		}
	}
	for i := range w.Spec.Deployments { // in their order
		route := w.Spec.Deployments[i].Route
		if part := rented[route] / math.Max(sum[route], 1e-9); part > most {
			name, most = route, part
		}
	}
	return name
}
