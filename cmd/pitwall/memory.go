package main

import (
	"runtime/debug"
	"slices"

	"pitwall/fleet"
	"pitwall/internal/config"
)

// A fleet of many sources, or of whole clusters, holds so much that the memory which the collector lets pile up beside it
// is what a shared bastion misses; below that size collecting more often only costs time.
const (
	manySources = 256
	gcPercent   = 25
)

// saveMemory makes the collector frugal for large fleets, unless GOGC in the environment says how it should be.
func (s *session) saveMemory(gogc string) {
	clusters := slices.ContainsFunc(s.inventory.Sources, func(src fleet.SourceSpec) bool { return src.Kind == config.KubernetesKind })
	if gogc == "" && s.sim == nil && (clusters || len(s.inventory.Sources) > manySources) {
		debug.SetGCPercent(gcPercent)
	}
}
