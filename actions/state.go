package actions

// State is where a change stands (change-safety.md part B).
type State string

// The states of a change.
const (
	StateDraft       State = "draft"
	StatePlanned     State = "planned"
	StateChecked     State = "checked"
	StateApproved    State = "approved"
	StateLeased      State = "leased"
	StateApplying    State = "applying"     // a write is in flight or about to be sent
	StateVerifying   State = "verifying"    // reading back and waiting for traffic of the step
	StateHeld        State = "held"         // a person, or missing evidence, stopped the ramp; the step stays guarded
	StateSoaking     State = "soaking"      // all steps done; watching
	StateCommitted   State = "committed"    // done
	StateAborted     State = "aborted"      // given up before anything was written
	StateRollingBack State = "rolling back" // writing inverses
	StateRolledBack  State = "rolled back"
	StateUnknown     State = "unknown" // the world equals neither before nor after: a person decides
)

// Closed tells whether nothing more will be written for the change.
func (s State) Closed() bool {
	return s == StateCommitted || s == StateAborted || s == StateRolledBack
}
