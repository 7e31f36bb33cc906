package fleet

// Until is what is waited for. The zero value waits for nothing but the field itself.
type Until struct {
	Updated int  // replicas of the new version that there are
	Ready   int  // replicas of the new version that are ready
	Done    bool // the roll is over
	Gone    bool // the pod is not there any more
	// Paused is the step, from 1, at whose own pause the controller has to stand: the replicas are there before, while an
	// analysis of the steps up to it still runs. 0 for none.
	Paused int `json:",omitempty"`
	// Split waits for the shares of the traffic too: the replicas are there before a route is changed.
	Split bool `json:",omitempty"`
}

// Reached tells whether an object, as it was read, is where a stage that waits for this leaves it. What its controller has
// not seen yet still shows the version before. A roll that somebody moved on meanwhile is there at its next pause, or at
// its end.
func (u Until) Reached(r *Rollout) bool {
	switch {
	case r.Phase == RolloutUnseen:
		return false
	case u.Done:
		return r.Phase == RolloutDone
	case r.Updated < u.Updated || r.UpdatedReady < u.Ready:
		return false
	case u.Split && !r.Traffic.Unsplit.IsEmpty():
		return false
	}
	return u.Paused == 0 || r.Phase == RolloutDone || r.Traffic.Pause >= u.Paused
}
