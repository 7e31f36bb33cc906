package interlocks

import (
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// growing sends more to the API of an account that refuses fast growth.
func growing(share int, now fleet.Rate) func(w *world) {
	return func(w *world) {
		w.toAPI()
		w.in.Weights = fleet.Weights{"a": 60 - share, "api": 10 + share}
		w.s.Providers[0].Spec.Kind = "anthropic"
		w.s.Providers[0].Load.Requests = fleet.Some(now)
	}
}

func TestGrowthOfAnAPI(t *testing.T) {
	judgeAll(t, "IL-11", []verdictCase{
		{"load goes to a pool", nil, ok, "self-hosted", ""},
		{"its provider is known for no limit", func(w *world) { w.toAPI() }, ok, "no limit on growth is known", ""},
		{"it grows by little", growing(5, 50), ok, "<= 2", ""},
		{"it grows by much", growing(10, 0.5), warn, "growth of its requests in step 1 > 2", ""},
		{"it had nothing", growing(10, 0), warn, "> 2", ""},
		{"what it gets is unknown", func(w *world) {
			growing(10, 1)(w)
			w.s.Providers[0].Load.Requests = fleet.None[fleet.Rate]()
		}, warn, "not known", "missing"},
	})
}

func TestCredentials(t *testing.T) {
	judgeAll(t, "IL-28", []verdictCase{
		{"load goes to a pool", nil, ok, "self-hosted", ""},
		{"accepted lately", func(w *world) { w.toAPI() }, ok, "accepted, age 30s <= 15m", ""},
		{"refused", func(w *world) { w.toAPI(); w.s.Providers[0].Authorised = fleet.Some(false) }, block, "refused", ""},
		{"never tried", func(w *world) { w.toAPI(); w.s.Providers[0].ProbeAt = time.Time{} }, ovr, "never tried", "missing"},
		{"long ago", func(w *world) { w.toAPI(); w.s.Providers[0].ProbeAt = ago(16 * time.Minute) }, ovr, "> 15m", "missing"},
	})
}

func TestStoredObjects(t *testing.T) {
	away := func(w *world) { w.in.Weights = fleet.Weights{"a": 70, "api": 0} }
	uses := func(name string, share fleet.Ratio) func(*world) {
		return func(w *world) {
			away(w)
			w.route().Spec.Uses = map[string]fleet.Ratio{name: share}
		}
	}
	judgeAll(t, "IL-44", []verdictCase{
		{"nothing is declared", func(w *world) { away(w); w.route().Spec.Uses = nil }, ok, "declares no use", ""},
		{"what is declared is no object", uses("tools", 0.5), ok, "declares no use", ""},
		{"files stay behind", uses("files", 0.02), ovr, "api: requests that name its files find none elsewhere", ""},
		{"a use by nobody", uses("batches", 0), ok, "declares no use", ""},
		{"a pool gives", func(w *world) { w.route().Spec.Uses = map[string]fleet.Ratio{"files": 0.5} }, ok, "no provider gives", ""},
	})
}

func TestSeenFromHereOnly(t *testing.T) {
	failing := func(probe, gateway fleet.Maybe[bool]) func(*world) {
		return func(w *world) {
			x := w.target("a")
			x.State = fleet.StateCrit
			x.Verdicts = []fleet.HealthVerdict{{Kind: fleet.HealthProbe, Up: probe, Why: fleet.Text("0 of 4 say yes")}, {Kind: fleet.HealthGateway, Up: gateway, At: now}}
		}
	}
	yes, no := fleet.Some(true), fleet.Some(false)
	judgeAll(t, "IL-25", []verdictCase{
		{"nothing fails", nil, ok, "nothing fails there", ""},
		{"both see it", failing(no, no), ok, "the gateway sees it fail too", ""},
		{"only we see it", failing(no, yes), warn, "only this machine sees it fail", ""},
		{"we reach it", failing(yes, no), ok, "reaches it", ""},
		{"nobody else was asked", failing(no, fleet.None[bool]()), warn, "only this machine's probe is known", "missing"},
		{"we did not ask", failing(fleet.None[bool](), no), warn, "not known", "missing"},
	})
}

func TestCachedPrefixes(t *testing.T) {
	moves := func(hit fleet.Maybe[fleet.Ratio]) func(*world) {
		return func(w *world) {
			w.in.Weights = fleet.Weights{"a": 20, "b": 70}
			w.in.Ramp = actions.Ramp{Points: 50}
			w.pool("a").Load.PrefixHit = hit
		}
	}
	judgeAll(t, "IL-35", []verdictCase{
		{"little moves", nil, ok, "10% of the route move <= 20", ""},
		{"much moves from a cache", moves(fleet.Some(fleet.Ratio(0.5))), warn, "40% of the route move > 20", ""},
		{"much moves, none cached", moves(fleet.Some(fleet.Ratio(0))), ok, "none of its prompts from a cache", ""},
		{"much moves, nobody knows", moves(fleet.None[fleet.Ratio]()), warn, "not known", "missing"},
	})
}
