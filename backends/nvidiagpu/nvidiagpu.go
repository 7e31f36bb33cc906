// Package nvidiagpu reads the metrics page of utkuozdemir's nvidia_gpu_exporter, of its nvidia-smi and its NVML backend.
// It must ask nothing but that page, and must not judge a GPU.
package nvidiagpu

import (
	"errors"
	"time"

	"pitwall/backends/internal/gpupage"
	"pitwall/fleet"
)

// Connector returns the connector of nvidia_gpu_exporter. A source's URL is the exporter's address or its full metrics
// URL. Names and units are those of version 1.14.0 (e656cd8).
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:       "nvidia-gpu",
		Title:      "nvidia_gpu_exporter",
		Reads:      "use, memory, power, heat, row remap, ECC, recovery action; with NVML also Xids with their time, MIG instances",
		Interval:   10 * time.Second,
		NewReader:  gpupage.NewReader(newPage),
		NewDecoder: gpupage.NewDecoder(newPage),
		Families:   []string{prefix},
		Ports:      []int{9835},
	}
}

func newPage() gpupage.Page { return newDecoder() }

var errForeign = errors.New("the page has no GPU of nvidia_gpu_exporter: the exporter sees none, " +
	"or the url is of something else")

// Foreign is what is wrong with a page that names no GPU.
func (d *decoder) Foreign() error { return errForeign }
