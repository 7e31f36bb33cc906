// Package dcgm reads the metrics page of NVIDIA's dcgm-exporter.
// It must ask nothing but that page, and must not judge a GPU: a sticky Xid is passed on as it stands.
package dcgm

import (
	"errors"
	"time"

	"pitwall/backends/internal/gpupage"
	"pitwall/fleet"
)

// Connector returns the connector of dcgm-exporter. A source's URL is the exporter's address or its full metrics URL.
// The exporter collects every 30 s by default, so that reading more often shows repeats.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:       "dcgm",
		Title:      "NVIDIA DCGM exporter",
		Reads:      "use, memory, power, heat, Xid, row remap, ECC of GPUs and MIG instances, by old and 4.6 field names",
		Interval:   10 * time.Second,
		NewReader:  gpupage.NewReader(newPage),
		NewDecoder: gpupage.NewDecoder(newPage),
		Families:   []string{"DCGM_FI_", "DCGM_EXP_"},
		Ports:      []int{9400},
	}
}

func newPage() gpupage.Page { return newDecoder() }

var errForeign = errors.New("the page has no GPU metrics of DCGM: no GPU answers the exporter, " +
	"or the url is of something else")

// Foreign is what is wrong with a page that names no GPU.
func (d *decoder) Foreign() error { return errForeign }
