package fleet

import (
	"time"
)

// Snapshot is the fleet at one moment. It is immutable: whoever receives a pointer may keep it
// and must not change anything that it reaches.
type Snapshot struct {
	Gen       uint64    // grows with every snapshot of one Hub
	At        time.Time // clock time of the merge
	Context   string
	Env       Env
	Mode      Mode
	Totals    Totals
	Sites     []Site
	Pools     []Pool // in configured order; views sort
	Providers []Provider
	Accounts  []Account `json:",omitempty"` // of machines
	Gateways  []Gateway
	Routes    []Route
	Clusters  []*Cluster // in configured order
	Alerts    []Alert    // worst first
	Silences  []SilenceOf
	Events    []Event // newest first
	Sources   []SourceStatus
	Spend     Spend
	Rules     SiteRules      `json:",omitzero"`  // without the calendars, which Freezes has the windows of
	Freezes   []FreezeWindow `json:",omitempty"` // that hold or come, the earliest first
	Runbooks  []Runbook      // as configured
}

// State is how a pool, replica, target or route does, in words that survive without colour.
type State string

// The states, from good to bad.
const (
	StateOK      State = "OK"
	StateStandby State = "STANDBY" // meant to be without traffic
	StateIdle    State = "IDLE"    // no traffic now
	StateUnknown State = "UNKNOWN" // never read
	StateStale   State = "STALE"   // last read too long ago
	StateWarn    State = "WARN"
	StateDrift   State = "DRIFT" // gateway replicas disagree, or seen share is off
	StateCrit    State = "CRIT"
	StateDown    State = "DOWN" // does not answer, or makes no progress
)

// Rank orders states: greater is worse.
func (s State) Rank() int {
	for i, o := range []State{StateOK, StateStandby, StateIdle, StateUnknown, StateStale, StateWarn, StateDrift, StateCrit, StateDown} {
		if s == o {
			return i
		}
	}
	return 3
}

// Text draws the state.
func (s State) Text() Safe { return Label(string(s)) }

// Load is what a pool, provider or target does over Window, which ends at At.
type Load struct {
	At         time.Time // newest sample; zero means that nothing was ever read
	Window     time.Duration
	Requests   Maybe[Rate]
	Errors     Maybe[Ratio] // failed or aborted by the server side, of all requests that ended
	TTFT50     Maybe[Seconds]
	TTFT95     Maybe[Seconds]
	ITL95      Maybe[Seconds]
	E2E        Maybe[Seconds] // mean
	E2E99      Maybe[Seconds] // 99th percentile; unknown beyond the last bound of the histogram, where only a lower limit is
	Running    Maybe[Count]
	Waiting    Maybe[Count]
	KV         Maybe[Ratio] // the fullest replica
	InRate     Maybe[TokenRate]
	OutRate    Maybe[TokenRate]
	PromptMean Maybe[Tokens] // of one request
	OutputMean Maybe[Tokens]
	PrefixHit  Maybe[Ratio]
}

// Trend is a short history for a sparkline: evenly spaced values, the last one at End.
// NaN marks a gap.
type Trend struct {
	Step time.Duration
	End  time.Time
	V    []float64
}

// Trends are the histories that screens draw.
type Trends struct {
	Requests, Errors, TTFT95, ITL95, Waiting, GPUUtil, KV, OutRate, Burn, Seen Trend
}

// Totals are the golden signals of the whole fleet. Ratios are taken from sums, never summed.
type Totals struct {
	Load    Load
	GPUUtil Maybe[Ratio]
	GPUs    int
	Burn    Maybe[USDPerHour]
	BurnWhy Safe // "" or why the figure is partial
	Trends  Trends
}

// SourceStatus is one connection as the Hub sees it.
type SourceStatus struct {
	ID       SourceID
	Kind     string
	URL      Safe // without credentials
	Subject  Subject
	Interval time.Duration
	Reads    uint64
	Failures uint64 // since start
	Failing  int    // in a row
	LastTry  time.Time
	LastGood time.Time
	NextTry  time.Time
	Took     time.Duration
	Err      Safe // the last failure, as a sentence; "" when the last read was good
	Cause    Safe // the same in short, without what was tried and where
	ErrKind  Kind
	Version  Safe
	Skew     Maybe[time.Duration] // server clock minus ours
	Insecure bool
	Stale    bool
	Partial  Safe   // "" or what the last good answer says that it lacks
	Dropped  uint64 // late answers thrown away
	Silences bool   // an alerting system whose silences are read
	Probe    *Probe // of a source that is a probe; nil otherwise
}
