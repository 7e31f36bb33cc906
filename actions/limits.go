package actions

import "pitwall/fleet"

// How much worse a change may make it (change-safety.md part B). Errors may grow by half a point or by half, whichever is
// more; the others are for a new version beside the old one, compared over the same minutes.
const (
	ErrorRise     = 0.005 // of all requests
	ErrorFactor   = 1.5
	VersionTTFT   = 1.2  // of the old version's 95th percentile of the time to first token
	VersionITL    = 1.15 // of the old version's 95th percentile of the time between tokens
	VersionOutput = 0.15 // of the old version's mean output, up or down
)

// VersionLimits says in one line how a new version is judged beside the old one.
func VersionLimits() fleet.Safe {
	return fleet.Textf("err%% +%s points or x%s, ttft95 x%s, itl95 x%s, output +-%s %%, over %s or more",
		fleet.Float(ErrorRise*100, 1), fleet.Float(ErrorFactor, 1), fleet.Float(VersionTTFT, 1), fleet.Float(VersionITL, 2),
		fleet.Int(int(VersionOutput*100)), fleet.Many(DefaultMinRequests, "request"))
}
