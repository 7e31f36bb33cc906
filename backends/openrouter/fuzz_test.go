package openrouter

import (
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// Whatever an answer holds: no crash, no credit below zero or above its limit, and nothing unclean is said.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(fixture(f, "key.json")), 99.1, -1, true)
	f.Add([]byte(`{"data":{"limit":1e999,"limit_reset":"weekly","expires_at":"2026-11-24T09:14:00Z"}}`), 12.0, 0, false)
	f.Fuzz(func(t *testing.T, body []byte, up float64, status int, recent bool) {
		k, err := readKey("or", &httpx.Reply{Body: body})
		if err != nil && !fleet.IsClean(err.Error()) {
			t.Errorf("%q", err.Error())
		}
		if k.remaining.OK && (k.remaining.V < 0 || k.limit.OK && k.remaining.V > k.limit.V) {
			t.Errorf("%v of %v", k.remaining, k.limit)
		}
		e := endpoint{Status: &status, Last30: &up}
		if recent {
			e.Last5m = &up
		}
		for _, n := range append(k.remarks(contract.Start()), judge("m", []endpoint{e})...) {
			if !fleet.IsClean(n.Text.String()) {
				t.Errorf("%q", n.Text)
			}
		}
		if got := rented.ResetAt(k.reset, contract.Start(), contract.Start()); got.OK && !got.V.After(contract.Start()) {
			t.Errorf("%q begins anew in the past", k.reset)
		}
	})
}
