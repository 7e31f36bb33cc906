package fleet

import (
	"context"
	"time"
)

// EditKind is what is edited of a route beside its weights.
type EditKind string

// The kinds of edits.
const (
	EditFallbacks EditKind = "fallbacks" // the routes that take over, in order
	EditAlias     EditKind = "alias"     // where another public name leads
	EditBlock     EditKind = "block"     // a member is kept and gets nothing
	EditAdd       EditKind = "add"       // a member more, with weight 0
	EditRemove    EditKind = "remove"    // a member less, which gets nothing
)

// RouteEdit is one change of what a gateway keeps of a route beside weights. Routes in it are named as their gateway calls
// them. It is absolute: Before and After are all that
// there is, and swapped they are the way back.
type RouteEdit struct {
	Kind     EditKind
	Fallback FallbackKind `json:",omitempty"` // fallbacks
	Alias    RouteID      `json:",omitempty"` // alias: the public name
	Target   TargetID     `json:",omitempty"` // block
	Before   []RouteID    `json:",omitempty"` // fallbacks, and the one route of an alias; none for there is none
	After    []RouteID    `json:",omitempty"`
	WasOut   bool         `json:",omitempty"` // block
	Out      bool         `json:",omitempty"`
	Member   *MemberEdit  `json:",omitempty"` // add, remove
}

// MemberEdit is the member that an edit adds or removes, as it is with the edit or was without it. No secret is in it: the
// credential is a name or a reference that the gateway resolves.
type MemberEdit struct {
	ID         DeploymentID
	Like       TargetID `json:",omitempty"` // add: whose settings it begins with; "" where Settings are its own
	Model      ModelName
	APIBase    string `json:",omitempty"`
	Credential string `json:",omitempty"` // the gateway's name of one, os.environ/NAME, or CredentialNone
	Settings   string `json:",omitempty"` // those of Like, or its own, as MemberSettings tells them
}

// CredentialNone is said where a member has no credential.
const CredentialNone = "none"

// MemberSettings is how one member is made again on its gateway, as far as that can be told without secrets.
type MemberSettings struct {
	Model      ModelName
	APIBase    string
	Credential string // the gateway's name of it; "" where it does not tell one by name
	Text       string // everything else, as the gateway's adapter keeps it; "" where Why says why not
	Why        Safe
}

// Inverse is the edit that takes it back.
func (e RouteEdit) Inverse() RouteEdit {
	switch e.Kind {
	case EditAdd:
		e.Kind = EditRemove
	case EditRemove:
		e.Kind = EditAdd
	default:
	}
	e.Before, e.After, e.WasOut, e.Out = e.After, e.Before, e.Out, e.WasOut
	return e
}

// ReplicaStanding is where one gateway replica stands, seen from an edit.
type ReplicaStanding struct {
	Replica GatewayReplicaID
	At      Standing
	Holds   Safe  // what it holds, where that is foreign
	Err     error // it did not answer; At is then ""
	// Cached is until when it may go by what it had cached, since it was not told of what is stored; zero for not at all.
	Cached time.Time
}

// RouteEditor changes what a gateway keeps of its routes beside weights. The RouteWriter of a gateway that can implements it
// as well.
type RouteEditor interface {
	// Editable is nil, or why this edit cannot be made here, with what can be done instead (KindUnsupported).
	Editable(ctx context.Context, r RouteSpec, e RouteEdit) error
	// EditStands asks every replica, by its own address.
	EditStands(ctx context.Context, r RouteSpec, e RouteEdit) []ReplicaStanding
	// Edit makes it. Where the stored state is neither Before nor After the error is a KindConflict and nothing was written.
	// It returns once the gateway took it, not once every replica holds it.
	Edit(ctx context.Context, r RouteSpec, e RouteEdit) error
}
