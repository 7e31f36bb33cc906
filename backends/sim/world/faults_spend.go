package world

import (
	"math"
	"math/rand/v2"
)

// A program that calls a rented model in a loop: few requests with long answers, at all hours.
const (
	loopRate = 4.0 // requests per second
	loopDice = ownDice - 1
)

// spendFaults are those that harm nobody's answers and cost money.
func (w *World) spendFaults(add func(string, *fault)) {
	route := w.dearest()
	if len(w.Gateways) == 0 || route == "" {
		return
	}
	var key *KeySpec
	if n := len(w.keys.specs); n > 0 {
		key = &w.keys.specs[n-1]
	}
	text := "a program calls " + route + " in a loop, four times a second with long answers"
	if key != nil {
		text += ", with the key " + key.Alias
	}
	add("F37", &fault{
		Fault: Fault{Text: text},
		begin: func(float64) {
			w.loop = &loop{key: key, route: newRoute(&RouteSpec{Name: route, Rate: loopRate, Prompt: Lengths{Median: 3000, Sigma: .4, Max: 16000},
				Output: Lengths{Median: 900, Sigma: .4, Max: 2048}, Stream: 1, MaxTokens: 2048},
				rand.New(rand.NewPCG(w.Spec.Seed, loopDice)))}
		},
		end: func(float64) { w.loop = nil },
	})
}

// loop is a program that does not stop.
type loop struct {
	key   *KeySpec
	route *route
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
