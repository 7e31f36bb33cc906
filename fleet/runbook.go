package fleet

import "time"

// Runbook is a failover that was thought through before it is needed: what is left, when, to where, how, in which stages.
type Runbook struct {
	Name string // raw
	When string // in words: what has to be the case for it; raw
	// Exactly one of these says what is left. Targets belong to Route.
	Pool     PoolID
	Provider ProviderID
	Site     SiteID
	Route    RouteID
	Targets  []TargetID
	// Routes are the only ones that are moved; empty means all that send something there.
	Routes []RouteID
	// To are the only receivers: targets, pools or providers by their IDs; empty means whoever can.
	To     []string
	Split  string   // "balanced", "cheapest", "fastest"; "" is the first
	Warm   []PoolID // standby pools that are started with it
	Leave  RunbookStage
	Settle RunbookStage
	Return RunbookStage
}

// RunbookStage is how fast one stage of a runbook goes. Zero fields take what the stage has by itself.
type RunbookStage struct {
	Points      int // greatest change of a share in one step, in percentage points
	Every       time.Duration
	MinRequests int
	Soak        time.Duration
}

// Runbook returns the runbook with this name, or nil.
func (s *Snapshot) Runbook(name string) *Runbook {
	if s == nil {
		return nil
	}
	for i := range s.Runbooks {
		if s.Runbooks[i].Name == name {
			return &s.Runbooks[i]
		}
	}
	return nil
}
