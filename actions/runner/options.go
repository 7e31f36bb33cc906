package runner

import (
	"errors"
	"log/slog"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/actions/lease"
	"pitwall/fleet"
)

// Writers gives the writer of a gateway, and false where there is none. A nil Writers is read-only.
type Writers func(fleet.GatewayID) (fleet.RouteWriter, bool)

// Options are what a Runner needs. Fields that say so may be zero.
type Options struct {
	Clock fleet.Clock
	// Writers may be nil: the runner is then read-only until SetWriters.
	Writers Writers
	// Silencers may be nil: no silence is then written until SetSilencers.
	Silencers Silencers
	// Works may be nil: no object of a cluster is then written until SetWorks.
	Works Works
	// Golden is what new replicas are asked before they get more weight; nil where no prompt is configured.
	Golden *Golden
	// Sharers may be nil: no lock and no copy is then written into a cluster until SetSharers.
	Sharers Sharers
	// Shared reads what operators on other machines do, by cluster; nil where nothing is shared.
	Shared map[fleet.ClusterID]fleet.SharedReader
	// Digest recomputes the digest of a plan that comes from a copy; nil trusts it.
	Digest func(actions.Plan) string
	// Latest gives the newest snapshot, nil before the first.
	Latest func() *fleet.Snapshot
	// Evaluate runs all interlocks on a plan.
	Evaluate func(actions.Plan, *fleet.Snapshot, actions.Book, time.Time) []actions.Check
	// EvaluateStep runs those that are asked again before the plan's step n, counted from 1.
	EvaluateStep func(p actions.Plan, n int, s *fleet.Snapshot, b actions.Book, now time.Time) []actions.Check
	// EvaluateRollback runs those that may stop one write of a roll-back: only HARD ones are heeded.
	EvaluateRollback func(
		p actions.Plan, back actions.Step, s *fleet.Snapshot, b actions.Book, now time.Time) []actions.Check
	// Rollback gives the inverse steps, at most two, from what the gateway holds to Plan.Before.
	// Nil means one step.
	Rollback func(p actions.Plan, holds fleet.Weights) []actions.Step
	Journal  *journal.Journal
	Audit    *audit.Log
	Locks    *lease.Locks
	Actor    actions.Actor
	Log      *slog.Logger // nil discards
	// Poll is how often gateway and guard are looked at while a change is open; zero means 2 s.
	Poll time.Duration
	// Probe is called with the name of each point at which the process could die; nil outside tests.
	Probe func(point string)
}

const (
	defaultPoll = 2 * time.Second
	// readTimeout bounds one read-back of all replicas, writeTimeout one write; the latter includes reloading every
	// replica of a gateway in file mode, one at a time.
	readTimeout  = 20 * time.Second
	writeTimeout = 10 * time.Minute
	// leastSettle is waited for even where a writer says that replicas never lag.
	leastSettle = 2 * time.Second
	// grace is how long a lagging replica is shown, and can be resynced, before its step is taken back.
	grace = 60 * time.Second
	// staleAfter is the age at which telemetry proves nothing any more (IL-23).
	staleAfter = 60 * time.Second
	// attempts is how often a step's write is sent at most when it fails for a passing reason.
	attempts = 3
	// retreatWait bounds the wait between two tries of a roll-back.
	retreatWait = 30 * time.Second
)

func (o *Options) check() error {
	switch {
	case o.Clock == nil, o.Latest == nil, o.Evaluate == nil, o.EvaluateStep == nil, o.EvaluateRollback == nil,
		o.Journal == nil, o.Audit == nil, o.Locks == nil:
		return &fleet.Error{Kind: fleet.KindInternal, Op: "start the runner", Err: errors.New("an option is missing")}
	}
	if o.Rollback == nil {
		o.Rollback = inOneStep
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Poll <= 0 {
		o.Poll = defaultPoll
	}
	if o.Probe == nil {
		o.Probe = func(string) {}
	}
	return nil
}

func inOneStep(p actions.Plan, holds fleet.Weights) []actions.Step {
	return []actions.Step{{N: 1, Before: holds, BeforeHash: fleet.HashWeights(holds),
		After: p.Before, AfterHash: p.BeforeHash}}
}
