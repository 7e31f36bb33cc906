package actions

import (
	"strings"
	"time"

	"pitwall/fleet"
)

// Approval is how a plan was confirmed.
type Approval struct {
	Typed     string   // the name that was typed, raw
	Reason    string   // raw
	Overrides []string // interlock IDs, each named by the person
	By        Actor
	At        time.Time
}

// Change is a plan being carried out, or one that was.
type Change struct {
	ID       fleet.ChangeID
	Seq      int // number in the journal, for people
	Plan     Plan
	Checks   []Check // at confirmation
	Approval Approval
	State    State
	Step     int // last step whose write was sent; 0 before the first
	Steps    []StepResult
	Started  time.Time
	Updated  time.Time
	Ended    time.Time
	NextAt   time.Time     // when the next step is due, or the soak ends; zero when nothing is due
	Why      fleet.Safe    // why it is in this state, one sentence
	Cause    fleet.Safe    `json:",omitzero"` // why it is taken back; "" while it is not, and kept by whoever carries it on
	Held     bool          // held by a person
	Limits   []LimitNow    // guard limits with the current figures
	Harm     []LimitNow    // the same for the other routes of the gateway
	Golden   []Golden      `json:",omitempty"` // what golden prompts showed, oldest first
	World    fleet.Weights // state unknown: what the gateway holds
	WorldAt  time.Time
	Guard    Guardian
	Undone   fleet.ChangeID // the change that undid this one
	Hands    int            `json:",omitempty"` // how often it was taken over
	Copy     *Copy          `json:",omitempty"` // its copy in its cluster; nil where nothing is shared
}

// Copy is what colleagues on other machines see of a change. It is replaced, never changed.
type Copy struct {
	At        time.Time  // of its newest record; zero before the first
	Problem   fleet.Safe // why it is behind, or cannot be carried on from; "" while it is whole
	Elsewhere bool       // the journal is on another machine: here it is known by its copy
	Summary   bool       // without a journal: only its own machine can carry it on
}

// StepResult is what became of one step.
type StepResult struct {
	N        int
	Back     bool // a roll-back step
	Weights  fleet.Weights
	Sent     time.Time
	Accepted time.Time
	ReadBack []ReplicaBack
	Verified time.Time // all replicas hold it
	Seen     map[fleet.TargetID]fleet.Maybe[fleet.Ratio]
	SeenN    float64
	SeenOK   fleet.Maybe[bool] // measured share within tolerance
	Err      fleet.Safe
	Silence  string `json:",omitempty"` // under which the alerting system has it, raw
}

// ReplicaBack is the read-back of one gateway replica.
type ReplicaBack struct {
	Replica fleet.GatewayReplicaID
	Hash    string
	Weights fleet.Weights
	OK      bool // holds the step's weights
	At      time.Time
	Err     fleet.Safe
}

// LimitNow is one roll-back limit with its current figure.
type LimitNow struct {
	Name    fleet.Safe // "err%", "ttft95"
	Target  fleet.TargetID
	Before  fleet.Safe
	Now     fleet.Safe
	Limit   fleet.Safe
	Verdict string        // PASS, FAIL, UNCLEAR
	Broken  time.Duration // for how long in a row
}

// Guardian is the process that carries a change.
type Guardian struct {
	PID      int
	Host     string
	Detached bool // goes on without a terminal
	Alive    fleet.Maybe[bool]
	Mine     bool // this process
}

// Whereabouts says where a change is carried that is known here by its copy, and what is wrong with a copy; "" where there
// is nothing to say.
func (c *Change) Whereabouts() fleet.Safe {
	switch {
	case c.Copy == nil || c.State.Closed():
		return fleet.Safe{}
	case !c.Copy.Elsewhere:
		return c.Copy.Problem
	}
	who := fleet.Concat(fleet.Text("process "), fleet.Int(c.Guard.PID), fleet.Text(" on "), fleet.Label(c.Guard.Host))
	switch {
	case c.Guard.Alive.Or(false):
		who = fleet.Concat(fleet.Text("carried elsewhere, by "), who)
	case c.Guard.Alive.OK:
		who = fleet.Concat(fleet.Text("begun elsewhere; "), who, fleet.Text(" does not renew its lock"))
	default:
		who = fleet.Concat(fleet.Text("begun elsewhere; whether "), who, fleet.Text(" still carries it is not known yet"))
	}
	if !c.Copy.Problem.IsEmpty() {
		who = fleet.Concat(who, fleet.Text("; "), c.Copy.Problem)
	}
	return who
}

// Restored says that a change was taken back, to what, and why, which nothing else tells once it is over.
func (c *Change) Restored(to fleet.Safe) fleet.Safe {
	why := fleet.Concat(fleet.Text("rolled back: "), to)
	if c.Cause.IsEmpty() {
		return why
	}
	return fleet.Concat(why, fleet.Text(" ("), c.Cause, fleet.Text(")"))
}

// Back is why a change goes back, or went, where its sentence does not say it; "" for others.
func (c *Change) Back() fleet.Safe {
	if strings.Contains(c.Why.String(), c.Cause.String()) {
		return fleet.Safe{}
	}
	return c.Cause
}

// Told is the state with its sentence, which begins with the state itself in many of them.
func (c *Change) Told() fleet.Safe {
	state := string(c.State)
	switch why := c.Why.String(); {
	case why == "":
		return fleet.Label(state)
	case strings.HasPrefix(why, state):
		return c.Why
	}
	return fleet.Concat(fleet.Label(state), fleet.Text(": "), c.Why)
}

// Book is the immutable list of changes with who holds which route and whether
// this process may write.
type Book struct {
	At      time.Time
	Changes []Change // open ones first, then newest first
	Locks   []Lock
	// LockScope says who the locks bind: "this user only", or "" when the state directory is shared.
	LockScope fleet.Safe
	LockWarn  fleet.Safe // such as a state directory on a network file system
	Shared    []Shared   // clusters in which locks and copies of changes are shared
	Access    Access
	// Rehearsals are the last ones of runbooks on the simulator.
	Rehearsals []Rehearsal
}

// Lock says who holds a route.
type Lock struct {
	Route   fleet.RouteID
	Holder  Actor
	PID     int
	Change  fleet.ChangeID
	Expires time.Time
	Mine    bool
	Err     fleet.Safe // the lock could not be read
}

// Shared says how one cluster's shared locks and copies of changes are read.
type Shared struct {
	Cluster fleet.ClusterID
	At      time.Time  // when they were last read; zero before that
	Err     fleet.Safe // why they cannot be read now
}

// SharedIn is what is known of a cluster in which something is shared, or nil.
func (b Book) SharedIn(id fleet.ClusterID) *Shared {
	for i := range b.Shared {
		if b.Shared[i].Cluster == id {
			return &b.Shared[i]
		}
	}
	return nil
}

// Access says whether this process may write, and why not.
type Access struct {
	Write      bool
	Why        fleet.Safe // why not, with what to do
	ArmedUntil time.Time  // zero without a limit
	Incident   string     // raw id of the taken incident
	Actor      Actor
}

// Change returns the change with this ID, or nil.
func (b Book) Change(id fleet.ChangeID) *Change {
	for i := range b.Changes {
		if b.Changes[i].ID == id {
			return &b.Changes[i]
		}
	}
	return nil
}

// Open returns the changes that are not closed.
func (b Book) Open() []Change {
	for i, c := range b.Changes {
		if c.State.Closed() {
			return b.Changes[:i]
		}
	}
	return b.Changes
}

// OpenOn returns the open change under a lock, which is the name of a route for changes of routes, or nil.
func (b Book) OpenOn(lock fleet.RouteID) *Change {
	for i := range b.Changes {
		if c := &b.Changes[i]; c.Plan.Lock() == lock && !c.State.Closed() {
			return c
		}
	}
	return nil
}

// LockOn returns the lock on a route, or nil.
func (b Book) LockOn(route fleet.RouteID) *Lock {
	for i := range b.Locks {
		if b.Locks[i].Route == route {
			return &b.Locks[i]
		}
	}
	return nil
}
