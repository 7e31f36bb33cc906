package fleet

import (
	"context"
	"regexp"
	"strings"
	"time"
)

// KeyEditKind is what is edited of a key of a gateway, or of a team.
type KeyEditKind string

// The kinds of such edits.
const (
	KeyBlock KeyEditKind = "block" // it is kept and every request with it is refused
	KeyLimit KeyEditKind = "limit" // how much it may spend, ask or use
)

// KeyRef names a key of a gateway, or a team. The key itself, which is a secret, is never in it.
type KeyRef struct {
	Team  bool   `json:",omitempty"`
	ID    string // hash of the key as its gateway tells it, or ID of the team; "" where only Alias is known; raw
	Alias string `json:",omitempty"` // raw
}

// Raw is what a person types for it: its alias, or its ID where it has none.
func (r KeyRef) Raw() string {
	if r.Alias != "" {
		return r.Alias
	}
	return r.ID
}

// Kind is "key" or "team".
func (r KeyRef) Kind() string {
	if r.Team {
		return "team"
	}
	return "key"
}

// Text draws it: "key ci-runner", "team research".
func (r KeyRef) Text() Safe {
	name := r.Alias
	if name == "" && !r.Team {
		name = r.ID[:min(len(r.ID), shortHash)]
	} else if name == "" {
		name = r.ID
	}
	return Concat(Label(r.Kind()), Text(" "), Label(name))
}

// shortHash is how much of a hash people are shown.
const shortHash = 8

// KeyState is what a gateway stores of a key or a team, as far as it is edited.
type KeyState struct {
	Blocked bool         `json:",omitempty"`
	Budget  Maybe[Money] // the most that may be spent in Per; unknown is no limit
	Per     string       `json:",omitempty"` // as the gateway writes it: "1d", "30d", "1mo"; "" where spending never counts anew
	TPM     Maybe[int64] // tokens a minute; unknown is no limit
	RPM     Maybe[int64] // requests a minute
}

// KeyHolder is a key or a team as its gateway tells it.
type KeyHolder struct {
	KeyRef
	Owner  string `json:",omitempty"` // team of a key; raw
	State  KeyState
	Spent  Maybe[Money]     // in the period of its budget
	Resets Maybe[time.Time] // when that begins anew
	Routes []RouteID        `json:",omitempty"` // that it may call, as its gateway calls them; none for any
	Keys   Maybe[int]       // of a team
	// LimitsWhy says why its limits cannot be changed here; "" where they can.
	LimitsWhy Safe      `json:",omitzero"`
	At        time.Time // when it was read
	// Cached is how long a replica that is not told of a change may go by what it had cached.
	Cached time.Duration
}

// KeyEdit is one change of a key or a team. It is absolute: Before and After are all that there is of its kind, and swapped
// they are the way back.
type KeyEdit struct {
	Kind          KeyEditKind
	Of            KeyRef
	Before, After KeyState
}

// Inverse is the edit that takes it back.
func (e KeyEdit) Inverse() KeyEdit {
	e.Before, e.After = e.After, e.Before
	return e
}

// StandsAt tells where a stored state stands, seen from an edit: what its kind does not change does not count.
func (e KeyEdit) StandsAt(s KeyState) Standing {
	switch e.Wording(s) {
	case e.Wording(e.After):
		return StandsAfter
	case e.Wording(e.Before):
		return StandsBefore
	}
	return StandsForeign
}

// Wording is what the edit's kind says of a state: equal states have equal words.
func (e KeyEdit) Wording(s KeyState) string {
	if e.Kind == KeyBlock {
		if s.Blocked {
			return "blocked"
		}
		return "open"
	}
	return s.LimitText().String()
}

// Loosens tells whether the edit lets a key do more than before.
func (e KeyEdit) Loosens() bool {
	if e.Kind == KeyBlock {
		return e.Before.Blocked && !e.After.Blocked
	}
	more := func(b, a Maybe[int64]) bool { return b.OK && (!a.OK || a.V > b.V) }
	money := e.Before.Budget.OK && (!e.After.Budget.OK || e.After.Budget.V.Amount().GreaterThan(e.Before.Budget.V.Amount()))
	return money || more(e.Before.TPM, e.After.TPM) || more(e.Before.RPM, e.After.RPM)
}

// LimitText draws the limits: "$500.00 per 1d, 100 requests/min", "no limit".
func (s KeyState) LimitText() Safe {
	var parts []Safe
	if s.Budget.OK {
		amount := s.Budget.V.Text()
		if s.Budget.V.Amount().Exponent() < -2 && !s.Budget.V.Amount().Equal(s.Budget.V.Amount().Round(2)) {
			amount = Concat(Label(s.Budget.V.Amount().String()), Text(" "), Label(s.Budget.V.Currency()))
		}
		if s.Per != "" {
			amount = Concat(amount, Text(" per "), Label(s.Per))
		}
		parts = append(parts, amount)
	}
	if s.TPM.OK {
		parts = append(parts, Concat(Int(s.TPM.V), Text(" tokens/min")))
	}
	if s.RPM.OK {
		parts = append(parts, Concat(Int(s.RPM.V), Text(" requests/min")))
	}
	if len(parts) == 0 {
		return Text("no limit")
	}
	return Join(parts, Text(", "))
}

// KeyReader looks keys and teams of one gateway up. It changes nothing.
type KeyReader interface {
	// Holder finds one by its ID, or else by its alias: KindNotFound where there is none, KindInvalid where several have it.
	Holder(ctx context.Context, ref KeyRef) (KeyHolder, error)
}

// KeyEditor changes keys and teams. The RouteWriter of a gateway that can implements it as well.
type KeyEditor interface {
	// KeyStands asks every replica, by its own address, what is stored, and tells which may go by what they had cached.
	KeyStands(ctx context.Context, e KeyEdit) []ReplicaStanding
	// EditKey stores it, and tells every replica that answers. Where the stored state is neither Before nor After the error is a
	// KindConflict and nothing was written. It fails where no replica took it.
	EditKey(ctx context.Context, e KeyEdit) error
}

// A key itself begins with sk-, or is a long word of letters of both cases and digits.
var (
	keyHash   = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
	keyPrefix = regexp.MustCompile(`(?i)^(bearer\s+)?g?sk[-_]`)
	longWord  = regexp.MustCompile(`^[A-Za-z0-9+/_=.-]{32,}$`)
	mixed     = []*regexp.Regexp{regexp.MustCompile(`[a-z]`), regexp.MustCompile(`[A-Z]`), regexp.MustCompile(`[0-9]`)}
)

// IsKeyHash tells whether a name is the hash of a key as gateways tell it.
func IsKeyHash(name string) bool { return keyHash.MatchString(name) }

// LooksSecret tells whether what was typed as a name looks like a key itself: it must not be kept, shown or sent.
func LooksSecret(name string) bool {
	name = strings.TrimSpace(name)
	if keyPrefix.MatchString(name) {
		return true
	}
	if !longWord.MatchString(name) || IsKeyHash(name) {
		return false
	}
	for _, kind := range mixed {
		if !kind.MatchString(name) {
			return false
		}
	}
	return true
}
