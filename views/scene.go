package views

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
)

// Size is a rectangle in cells.
type Size struct{ W, H int }

// Scene is everything that screens are drawn from apart from their own state.
type Scene struct {
	Snap   *fleet.Snapshot // nil before the first one
	Book   actions.Book
	Now    time.Time // clock time of this frame, whole seconds; the only time that views know
	Theme  *themes.Theme
	Window time.Duration // how far sparklines and charts look back
	Banner Banner
	Keys   []KeyHint // for the bottom line, in order of importance
}

// Banner is what the header and the bottom line say beside the data.
type Banner struct {
	Paused  bool
	Past    *PastSpan  // nil for now
	Mode    fleet.Mode // demo and drill show it instead of the environment
	Message fleet.Safe // one-line answer to the last key or command; "" for none
	Bad     bool       // the message is a failure
	Note    fleet.Safe // permanent remark, such as a fault that the demo runs
}

// PastSpan is a look at what was recorded. The moment itself is the scene's Now.
type PastSpan struct {
	From, To time.Time // what can be looked at
	Now      time.Time // the real time
	Speed    float64   // seconds of it in a second; 0 stands
	Film     bool      // there is no now: it is a recording
}

// KeyHint is one key with its word.
type KeyHint struct {
	Key  fleet.Safe
	Word fleet.Safe
}

// Screen names a view.
type Screen string

// The screens.
const (
	ScreenOverview  Screen = "overview"
	ScreenRoutes    Screen = "routes"
	ScreenPools     Screen = "pools"
	ScreenEvents    Screen = "events"
	ScreenCost      Screen = "cost"
	ScreenEconomics Screen = "economics"
	ScreenSources   Screen = "sources"
	ScreenSilences  Screen = "silences"
	ScreenCompute   Screen = "compute"
	ScreenBills     Screen = "bills"
	ScreenUpgrades  Screen = "upgrades"
	ScreenFailover  Screen = "failover"

	ScreenClusters   Screen = "clusters"
	ScreenNodes      Screen = "nodes"
	ScreenPods       Screen = "pods"
	ScreenWorkloads  Screen = "workloads"
	ScreenKubeEvents Screen = "kevents"
)
