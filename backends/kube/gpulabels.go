package kube

import (
	"strings"

	"pitwall/fleet"
)

// firstLabel returns the first label of a list that a node has.
func firstLabel(labels map[string]string, names ...string) fleet.Safe {
	for _, name := range names {
		if v := labels[name]; v != "" {
			return fleet.Label(v)
		}
	}
	return fleet.Safe{}
}

// driver is the driver version of a node, by the labels of feature discovery: the whole one, or its parts, of which the
// older names are deprecated and still written.
func driver(labels map[string]string) fleet.Safe {
	if full := firstLabel(labels, "nvidia.com/cuda.driver-version.full"); !full.IsEmpty() {
		return full
	}
	for _, names := range [][3]string{
		{"nvidia.com/cuda.driver-version.major", "nvidia.com/cuda.driver-version.minor", "nvidia.com/cuda.driver-version.revision"},
		{"nvidia.com/cuda.driver.major", "nvidia.com/cuda.driver.minor", "nvidia.com/cuda.driver.rev"},
	} {
		if labels[names[0]] == "" {
			continue
		}
		var parts []string
		for _, name := range names {
			if labels[name] != "" {
				parts = append(parts, labels[name])
			}
		}
		return fleet.Label(strings.Join(parts, "."))
	}
	return firstLabel(labels, "amd.com/gpu.driver-version")
}
