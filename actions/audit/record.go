package audit

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/internal/hashchain"
)

// Kind is the kind of an audited event.
type Kind string

// The audited events.
const (
	KindOpened     Kind = "change opened"
	KindClosed     Kind = "change closed"
	KindRolledBack Kind = "change rolled back"
	KindUnknown    Kind = "change unknown"
	KindResumed    Kind = "change resumed"
	KindAbandoned  Kind = "change abandoned"
	KindOverride   Kind = "override"
	KindPolicy     Kind = "site policy" // in force as a process opens, or what a change was let pass by: Result says which rules
	KindStolen     Kind = "lock taken over"
	KindArmed      Kind = "armed"
	KindLocked     Kind = "locked"
	KindTaken      Kind = "incident taken"
	KindDropped    Kind = "incident dropped"
	KindAsked      Kind = "golden asked" // golden prompts by hand, outside of a change: Result says of whom, by the prompts' names
	KindAnswered   Kind = "golden answered"
	KindRehearsed  Kind = "rehearsed" // a runbook on the simulator: Result says which one and what it showed
	KindRotated    Kind = "rotated"   // first record of a file: Result names the file before
	KindTorn       Kind = "torn"      // an unfinished line was kept aside: Result is its SHA-256
)

// Record is one line. Times are UTC; hashes are lower-case hexadecimal.
type Record struct {
	Seq       int            `json:"seq"`
	Time      time.Time      `json:"time"`
	Actor     Actor          `json:"actor"`
	Host      string         `json:"host"`
	Context   string         `json:"context,omitempty"`
	Change    fleet.ChangeID `json:"change,omitempty"`
	Kind      Kind           `json:"kind"`
	Before    string         `json:"before,omitempty"` // hash of the weights
	After     string         `json:"after,omitempty"`
	Verdicts  string         `json:"verdicts,omitempty"` // such as "22 PASS, 1 OVR IL-24"
	Overrides []string       `json:"overrides,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	Incident  string         `json:"incident,omitempty"`
	Result    string         `json:"result,omitempty"`
	Prev      string         `json:"prev"`
	Hash      string         `json:"hash"`
}

// Actor is who did it.
type Actor struct {
	UID      int    `json:"uid"`
	Name     string `json:"name,omitempty"`
	Verified bool   `json:"verified"` // the name was found in the password file
}

// By sets actor and host of the record.
func (r Record) By(a actions.Actor) Record {
	r.Actor = Actor{UID: a.UID, Name: a.Name, Verified: a.Verified}
	r.Host = a.Host
	return r
}

// Verdicts draws the checks of a plan in one line: how many of each severity, and which are not PASS.
func Verdicts(checks []actions.Check) string {
	var parts []string
	for s := actions.SeverityPass; s <= actions.SeverityHard; s++ {
		var ids []string
		for _, c := range checks {
			if c.Severity == s {
				ids = append(ids, c.ID)
			}
		}
		switch {
		case len(ids) == 0:
		case s == actions.SeverityPass:
			parts = append(parts, fleet.Int(len(ids)).String()+" PASS")
		default:
			parts = append(parts, s.String()+" "+strings.Join(ids, " "))
		}
	}
	return strings.Join(parts, ", ")
}

// seal computes the record's hash: SHA-256 over the previous hash and the canonical JSON (RFC 8785) of the record
// without its hash.
func (r Record) seal() (string, error) {
	r.Hash = ""
	return hashchain.Seal(r.Prev, r)
}

// parse reads one line; fields that it does not know would escape the hash, so they are refused.
func parse(b []byte) (Record, error) {
	var r Record
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(&r)
	if err == nil && d.More() {
		err = &fleet.Error{Kind: fleet.KindInvalid, Op: "read a record", Next: "something follows it on its line"}
	}
	return r, err
}
