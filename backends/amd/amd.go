// Package amd reads the metrics page of AMD's device-metrics-exporter (ROCm).
// It must ask nothing but that page, must not judge a GPU, and must not take a partition without sensors for an idle one.
package amd

import (
	"errors"
	"time"

	"pitwall/backends/internal/gpupage"
	"pitwall/fleet"
)

// Connector returns the connector of device-metrics-exporter. A source's URL is the exporter's address or its full
// metrics URL. Names and units are those of version 1.5.1 (afd0fe8); a prefix that the exporter is configured to write
// before its names is found by itself.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:       "amd",
		Title:      "AMD device-metrics-exporter",
		Reads:      "use, memory, power, heat, clock, ECC, health, RAS events (AFID) of GPUs and their compute partitions",
		Interval:   10 * time.Second,
		NewReader:  gpupage.NewReader(newPage),
		NewDecoder: gpupage.NewDecoder(newPage),
		// A prefix of one's own cannot be listed; these are the names without one and with that of AMD's examples.
		Families: []string{"gpu_gfx_activity", "gpu_umc_activity", "gpu_health", "gpu_afid_errors", "amd_gpu_"},
		Ports:    []int{5000},
	}
}

func newPage() gpupage.Page { return newDecoder() }

var errForeign = errors.New("the page has no GPU of AMD's device-metrics-exporter: the exporter sees none, " +
	"or the url is of something else")

// Foreign is what is wrong with a page that names no GPU.
func (d *decoder) Foreign() error { return errForeign }
