package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Kind says what a record tells.
type Kind string

// The kinds of records, in the order in which a change writes them.
const (
	KindOpened   Kind = "opened"   // plan, checks, approval: the change exists
	KindIntent   Kind = "intent"   // a step is about to be written, with its inverse
	KindSent     Kind = "sent"     // the write left
	KindResult   Kind = "result"   // the gateway's answer to it
	KindRefused  Kind = "refused"  // the write was not applied: the step before is still in force
	KindReadBack Kind = "readback" // what every replica holds now
	KindVerified Kind = "verified" // all replicas that answered hold the step
	KindSeen     Kind = "seen"     // traffic of the step was measured
	KindHeld     Kind = "held"     // the ramp stands
	KindReleased Kind = "released" // the ramp goes on
	KindSoak     Kind = "soak"     // all steps are done
	KindBack     Kind = "back"     // roll-back begins; its writes are intents with Back
	KindGolden   Kind = "golden"   // a new replica was asked golden prompts
	KindForeign  Kind = "foreign"  // the world is neither before nor after
	KindGuard    Kind = "guard"    // another process carries the change, or it went on without a terminal
	KindImported Kind = "imported" // taken over from its copy, which may lack the last records of the process before
	KindLeft     Kind = "left"     // the process stopped carrying it; it can be resumed
	KindClosed   Kind = "closed"   // nothing more is written for it
)

// forward tells which records must not use the reserve: without them nothing is written, which is safe.
func (k Kind) forward() bool { return k == KindOpened || k == KindIntent || k == KindReleased }

// Record is one line of the journal. State, Why and NextAt are those of the change after it.
type Record struct {
	Seq    int                 `json:"seq"`
	At     time.Time           `json:"at"`
	Kind   Kind                `json:"kind"`
	State  actions.State       `json:"state"`
	Why    fleet.Safe          `json:"why"`
	NextAt time.Time           `json:"next,omitzero"`
	Held   bool                `json:"held,omitempty"` // by a person
	Cause  fleet.Safe          `json:"cause,omitzero"` // of KindBack: why it is taken back
	Open   *Opened             `json:"open,omitempty"`
	Step   *Intent             `json:"step,omitempty"`
	Result *actions.StepResult `json:"result,omitempty"`
	World  fleet.Weights       `json:"world,omitempty"`
	Guard  *actions.Guardian   `json:"guard,omitempty"`
	Golden *actions.Golden     `json:"golden,omitempty"`
}

// Opened is what stays fixed for the life of a change.
type Opened struct {
	ID       fleet.ChangeID   `json:"id"`
	Number   int              `json:"number"`
	Plan     actions.Plan     `json:"plan"`
	Checks   []actions.Check  `json:"checks"`
	Approval actions.Approval `json:"approval"`
	Baseline []Figure         `json:"baseline"`
}

// Figure is one measured value before the change, which guards compare with.
type Figure struct {
	Route  fleet.RouteID              `json:"route"`            // as the gateway calls it
	Target fleet.TargetID             `json:"target,omitempty"` // "" is the whole route
	Errors fleet.Maybe[fleet.Ratio]   `json:"errors"`
	TTFT95 fleet.Maybe[fleet.Seconds] `json:"ttft95"`
}

// Intent is one write with its inverse, recorded before it is sent.
type Intent struct {
	N          int           `json:"n"`
	Back       bool          `json:"back,omitempty"`
	Key        string        `json:"key"` // idempotency key: change/step-n
	Before     fleet.Weights `json:"before"`
	BeforeHash string        `json:"before_hash"`
	After      fleet.Weights `json:"after"`
	AfterHash  string        `json:"after_hash"`
	Inverse    fleet.Weights `json:"inverse"` // what takes the step back
	// Tag is what the comment of a silence carries, so that it is found again before its ID is known; Undo says in words
	// what takes the step back. Both are of changes that move no weights.
	Tag  string     `json:"tag,omitempty"`
	Undo fleet.Safe `json:"undo,omitzero"`
}

// line is a record on the disk: the checksum covers the bytes of the record as they stand.
type line struct {
	CRC string          `json:"crc"`
	Rec json.RawMessage `json:"rec"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(b, castagnoli)) }

// encode draws a record as a line with its end.
func encode(r Record) ([]byte, error) {
	rec, err := json.Marshal(r)
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "write down the change", Err: err}
	}
	return fmt.Appendf(nil, "{\"crc\":%q,\"rec\":%s}\n", checksum(rec), rec), nil
}

// decode reads one line without its end.
func decode(b []byte) (Record, error) {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return Record{}, err
	}
	if checksum(l.Rec) != l.CRC {
		return Record{}, errors.New("the checksum does not match")
	}
	var r Record
	d := json.NewDecoder(bytes.NewReader(l.Rec))
	if err := d.Decode(&r); err != nil {
		return Record{}, err
	}
	return r, nil
}
