package actions

import (
	"time"

	"pitwall/fleet"
)

// Plan is the pure data that would carry out an intent: what was seen, what is wanted, the
// steps between with their inverses, and what it is estimated to do. It sends nothing.
type Plan struct {
	Format  int    // version of this structure, 1
	Digest  string // SHA-256 over the canonical JSON (RFC 8785) of the plan with an empty digest
	Created time.Time
	Intent  Intent
	Context string
	Env     fleet.Env
	Mode    fleet.Mode
	Gateway fleet.GatewayID
	// InOrOut tells that the gateway has no weights: a member is in (1) or out (0), and steps change one member each.
	InOrOut bool `json:",omitempty"`
	Route   fleet.RouteSpec
	Order   []fleet.TargetID

	Before     fleet.Weights // observed on all gateway replicas that answered
	BeforeHash string
	After      fleet.Weights
	AfterHash  string
	Steps      []Step
	Most       int `json:",omitempty"` // the greatest weight that the gateway takes, on the way back too; 0 where no bound is known
	Ramp       Ramp
	Guard      fleet.Guard
	Soak       time.Duration

	Effects  []Effect
	BurnNow  fleet.Maybe[fleet.USDPerHour]
	BurnThen fleet.Maybe[fleet.USDPerHour]
	// BurnLow and BurnHigh bound BurnThen by how far bills were from the meter in the last days. BurnHigh is unknown where
	// something has no price; BurnWhy says what the bounds lack.
	BurnLow  fleet.Maybe[fleet.USDPerHour] `json:",omitzero"`
	BurnHigh fleet.Maybe[fleet.USDPerHour] `json:",omitzero"`
	BurnWhy  fleet.Safe                    `json:",omitzero"`
	SeenGen  uint64                        // generation of the snapshot that it was planned on
	SeenAt   time.Time                     // its time
	Notes    []fleet.Safe

	Silence *SilencePlan `json:",omitempty"` // silence and expire: what the one step does
	Work    *WorkPlan    `json:",omitempty"` // changes of objects: each stage is a step
	Edit    *EditPlan    `json:",omitempty"` // edit: what the one step does
}

// Short is the digest for people: "7f3c-91d0".
func (p Plan) Short() string {
	if len(p.Digest) < 8 {
		return p.Digest
	}
	return p.Digest[:4] + "-" + p.Digest[4:8]
}

// BurnBounds says how sure BurnThen is: " (by the bills $9.80 to $12.10; no closed bill yet of x)"; "" where no bill tells.
func (p *Plan) BurnBounds() fleet.Safe {
	if !p.BurnLow.OK {
		return fleet.Safe{}
	}
	out := fleet.Concat(fleet.Text(" (by the bills $"), p.BurnLow.V.Text(), fleet.Text(" to "))
	if p.BurnHigh.OK {
		out = fleet.Concat(out, fleet.Text("$"), p.BurnHigh.V.Text())
	} else {
		out = fleet.Concat(out, fleet.Text(fleet.Unknown))
	}
	if !p.BurnWhy.IsEmpty() {
		out = fleet.Concat(out, fleet.Text("; "), p.BurnWhy)
	}
	return fleet.Concat(out, fleet.Text(")"))
}

// Step is one write with its inverse.
type Step struct {
	N          int // from 1
	Before     fleet.Weights
	BeforeHash string
	After      fleet.Weights
	AfterHash  string
	Replica    fleet.GatewayReplicaID // resync only
	Hold       time.Duration          // least time until the next step
}

// Effect is what the plan is estimated to do to one target. Estimates are drawn with "est.".
type Effect struct {
	Target       fleet.TargetID
	Now, New     int // weights
	ShareNow     fleet.Maybe[fleet.Ratio]
	ShareNew     fleet.Maybe[fleet.Ratio]
	RequestsNow  fleet.Maybe[fleet.Rate]
	RequestsThen fleet.Maybe[fleet.Rate]
	UseNow       fleet.Maybe[fleet.Ratio] // of the rating, or of the tightest provider limit
	UseThen      fleet.Maybe[fleet.Ratio]
	UseOf        fleet.Safe // which: "decode", "prefill", "tpm"…
	TTFT95Now    fleet.Maybe[fleet.Seconds]
	TTFT95Then   fleet.Maybe[fleet.Seconds]
	BurnNow      fleet.Maybe[fleet.USDPerHour]
	BurnThen     fleet.Maybe[fleet.USDPerHour]
}
