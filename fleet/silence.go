package fleet

import (
	"context"
	"time"
)

// AlertsReading is what an alerting system, such as Alertmanager or Prometheus, holds now.
type AlertsReading struct {
	Alerts       []OutsideAlert
	Silences     []Silence // active and pending ones
	SilencesRead bool      // the system has silences and they were read
}

// OutsideAlert is an alert of another system. Labels are raw.
type OutsideAlert struct {
	Fingerprint string // as the system names this set of labels, "" where it does not
	Labels      map[string]string
	Annotations map[string]string
	Since       time.Time
	Pending     bool     // its condition holds and its waiting time is not over
	SilencedBy  []string // IDs of silences
	Inhibited   bool     // suppressed by another alert
}

// Silence hides the alerts that all of its matchers match, from From until Until. It always ends.
type Silence struct {
	ID       string // "" before the system has it
	Matchers []Matcher
	From     time.Time
	Until    time.Time
	By       string // raw
	Comment  string // raw
	Pending  bool   // From is yet to come
}

// Matcher compares one label. The zero value of a label that an alert lacks is "".
type Matcher struct {
	Name, Value string
	Regex       bool // Value is an anchored regular expression (RE2)
	Negative    bool // the alert matches where the comparison does not
}

// Silencer writes silences of one alerting system. It only exists while writing is allowed.
type Silencer interface {
	// Matching asks how many alerts the matchers hide now, silenced ones included.
	Matching(ctx context.Context, m []Matcher) ([]OutsideAlert, error)
	// Silence stores a silence and returns the ID under which the system has it.
	Silence(ctx context.Context, s Silence) (id string, err error)
	// Find reads one silence back; a silence that ended or never was is KindNotFound.
	Find(ctx context.Context, id string) (Silence, error)
	// Silences lists those that are active or pending, so that one whose ID was lost is found by its comment.
	Silences(ctx context.Context) ([]Silence, error)
	// Expire ends a silence now. One that ended already is no error.
	Expire(ctx context.Context, id string) error
}
