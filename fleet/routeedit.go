package fleet

import "context"

// EditKind is what is edited of a route beside its weights.
type EditKind string

// The kinds of edits.
const (
	EditFallbacks EditKind = "fallbacks" // the routes that take over, in order
	EditAlias     EditKind = "alias"     // where another public name leads
	EditBlock     EditKind = "block"     // a member is kept and gets nothing
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
}

// Inverse is the edit that takes it back.
func (e RouteEdit) Inverse() RouteEdit {
	e.Before, e.After, e.WasOut, e.Out = e.After, e.Before, e.Out, e.WasOut
	return e
}

// ReplicaStanding is where one gateway replica stands, seen from an edit.
type ReplicaStanding struct {
	Replica GatewayReplicaID
	At      Standing
	Holds   Safe  // what it holds, where that is foreign
	Err     error // it did not answer; At is then ""
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
