package views

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Table is the state of one table: selection by ID, never by index.
type Table struct {
	Selected string // raw ID of the selected row
	Top      string // raw ID of the first visible row, "" for the top
	Sort     string // column key, "" for the screen's own order
	Reverse  bool
	Filter   Filter
	Column   int // first scrolled column
}

// Filter narrows a table. Match is compiled by the tui from what was typed.
type Filter struct {
	Text  fleet.Safe // as typed, for the title
	Match func(string) bool
}

// OverviewState is what the overview remembers.
type OverviewState struct {
	Pane   string // "pools", "routes", "alerts"
	Pools  Table
	Routes Table
	Alerts Table
}

// RoutesState is what the routes screen remembers. With Route set it shows that route with its targets.
type RoutesState struct {
	List    Table
	Route   fleet.RouteID
	Targets Table
	Shift   *ShiftState // open dialog
}

// PoolsState is what the pools screen remembers. With Pool set it shows that pool's replicas and GPUs.
type PoolsState struct {
	List     Table
	Pool     fleet.PoolID
	Pane     string // "replicas", "gpus"
	Replicas Table
	GPUs     Table
}

// EventsState is what the events and journal screen remembers.
type EventsState struct {
	Pane    string // "journal", "events"
	Journal Table
	Events  Table
	Change  fleet.ChangeID // open detail
	Scroll  int
}

// SourcesState is what the sources screen remembers.
type SourcesState struct {
	List Table
	Open fleet.SourceID // detail
}

// SilencesState is what the list of silences remembers.
type SilencesState struct{ List Table }

// ShiftStep is one of the five steps of the shift dialog.
type ShiftStep int

// The steps of the shift dialog.
const (
	ShiftPlan ShiftStep = 1 + iota
	ShiftChecks
	ShiftConfirm
	ShiftApply
	ShiftSoak
)

// The fields and buttons of the confirm step in tab order. Those that the ladder does not ask for are skipped.
const (
	FieldReason = iota
	FieldName
	FieldCancel
	FieldConfirm
)

// ShiftState is the dialog about a change: pure data that the tui moves and the screen of its object draws. A resync
// walks through the same steps without weights to edit; a change of an object of a cluster, which has Work, with fields
// in their place.
type ShiftState struct {
	Step      ShiftStep
	Kind      actions.Kind
	Route     fleet.RouteID
	Replica   fleet.GatewayReplicaID // resync: the replica
	Undoes    fleet.ChangeID
	Draft     fleet.Weights
	Cursor    int    // row of the target in Route.Order
	Typing    string // digits typed for the target under the cursor
	Ramp      actions.Ramp
	Guard     fleet.Guard
	Soak      time.Duration
	Plan      *actions.Plan // latest plan of the draft, nil when it cannot be planned
	PlanErr   fleet.Safe
	Checks    []actions.Check
	CheckedAt time.Time
	ValidFor  time.Duration // how long checks stay valid; counted from CheckedAt
	Scroll    int           // first visible check
	Ladder    Ladder
	Reason    TextField
	Name      TextField
	Field     int            // FieldReason to FieldConfirm: what the confirm step has the focus on
	Armed     bool           // every field that the ladder asks for is filled in
	Grace     bool           // keys are still ignored, since the dialog has just opened
	Stale     fleet.Safe     // why it went back to CHECKS
	Busy      fleet.Safe     // "planning", "starting": an answer is awaited
	Change    fleet.ChangeID // from step 4 on
	Twin      fleet.Safe     // the same as a command line
	Work      *WorkForm      // change of an object of a cluster; Route is "" then
}

// name is the raw name that confirms: of the route, or of the object.
func (s *ShiftState) name() string {
	if s.Work != nil {
		return s.Work.Object.Name
	}
	return string(s.Route)
}

// Ladder is what a confirmation asks.
type Ladder struct {
	Prod        bool
	TypeName    bool // the name of the route or object must be typed
	NeedsReason bool
	Overrides   []string   // each must be listed with its number
	Refused     fleet.Safe // not "" when nothing can be confirmed, with the reason
}

// TextField is a one-line input as drawn.
type TextField struct {
	Text   string // as typed: raw
	Cursor int    // in runes
}

// HelpState is the key help overlay.
type HelpState struct {
	Title  fleet.Safe
	Rows   []HelpRow
	Scroll int
}

// HelpRow is one key of the effective map.
type HelpRow struct {
	Group    fleet.Safe
	Keys     fleet.Safe
	Text     fleet.Safe
	Disabled fleet.Safe // why it does nothing now; "" when it works
}

// CommandState is the command or filter line at the bottom.
type CommandState struct {
	Prompt      string // ":" or "/"
	Text        string
	Cursor      int
	Completions []string // program's own words and raw IDs; drawn through Label
	Chosen      int
	Err         fleet.Safe
}

// AskState is a small dialog with typed confirmation or a choice, such as :arm and leaving with a change in flight.
type AskState struct {
	Title   fleet.Safe
	Lines   []fleet.Safe
	Field   *TextField
	Label   fleet.Safe // of the field
	Choices []fleet.Safe
	Chosen  int
	Err     fleet.Safe
}

// Overlay is what lies over a screen; at most one is open.
type Overlay struct {
	Help    *HelpState
	Command *CommandState
	Ask     *AskState
}
