package nvidiasmi

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"pitwall/backends/internal/gpupage"
	"pitwall/fleet"
)

// current is what drivers since 570 are asked; before570 is the same in the words of older ones, which have no recovery
// action and answer nothing at all where they do not know a field.
var (
	current   = append(common(), "clocks_event_reasons.active", "gpu_recovery_action")
	before570 = append(common(), "clocks_throttle_reasons.active")
)

func common() []string {
	return []string{"count", "uuid", "pci.bus_id", "index", "name", "driver_version", "temperature.gpu", "power.draw",
		"clocks.sm", "utilization.gpu", "memory.used", "memory.free", "ecc.errors.uncorrected.volatile.total",
		"remapped_rows.pending", "remapped_rows.failure", "retired_pages.pending"}
}

// row is a reading in the making.
type row struct {
	fleet.GPUReading
	count   fleet.Maybe[float64] // of GPUs that the driver has
	instant fleet.Maybe[fleet.Watts]
	retired fleet.Maybe[bool]
	total   fleet.Maybe[fleet.Bytes]
}

var (
	errWord = errors.New("a value is not what its field holds")
	errUnit = errors.New("a value has a unit that its field never had")
)

// column is one field: how its text becomes a value. unit is that of the header, "" for none.
type column func(x *row, text, unit string) error

// columns are the fields that are read, under each of their names: those of a query, of older drivers, and of headers.
func columns() map[string]column {
	uuid := words(func(x *row, s string) { x.ID = fleet.GPUID(s) })
	name := words(func(x *row, s string) { x.Product = s })
	address := words(func(x *row, s string) { x.PCI = gpupage.NormalPCI(s) })
	clock := numbers("MHz", func(x *row, v float64) { x.SMClockMHz = fleet.Some(v) })
	average := numbers("W", func(x *row, v float64) { x.Power = fleet.Some(fleet.Watts(v)) })
	instant := numbers("W", func(x *row, v float64) { x.instant = fleet.Some(fleet.Watts(v)) })
	return map[string]column{
		"uuid": uuid, "gpu_uuid": uuid, "name": name, "gpu_name": name, "pci.bus_id": address, "gpu_bus_id": address,
		"index":          words(func(x *row, s string) { x.Index = s }),
		"driver_version": words(func(x *row, s string) { x.Driver = s }),
		"count":          numbers("", func(x *row, v float64) { x.count = fleet.Some(v) }),
		"temperature.gpu": numbers("", func(x *row, v float64) {
			x.Temp = fleet.Some(fleet.Celsius(v))
		}),
		"power.draw": average, "power.draw.instant": instant, "gpu.power.draw.instant": instant,
		"clocks.sm": clock, "clocks.current.sm": clock,
		"utilization.gpu":                       numbers("%", func(x *row, v float64) { x.Util = fleet.Some(fleet.Ratio(v / 100)) }),
		"memory.used":                           numbers("MiB", func(x *row, v float64) { x.MemUsed = fleet.Some(fleet.Bytes(v * mib)) }),
		"memory.free":                           numbers("MiB", func(x *row, v float64) { x.MemFree = fleet.Some(fleet.Bytes(v * mib)) }),
		"memory.total":                          numbers("MiB", func(x *row, v float64) { x.total = fleet.Some(fleet.Bytes(v * mib)) }),
		"ecc.errors.uncorrected.volatile.total": numbers("", func(x *row, v float64) { x.ECCDouble = fleet.Some(v) }),
		"remapped_rows.pending":                 flags(func(x *row, v bool) { x.RemapPending = fleet.Some(v) }),
		"remapped_rows.failure":                 flags(func(x *row, v bool) { x.RemapFailed = fleet.Some(v) }),
		// Parts before Ampere retire pages where later ones remap rows; either needs a reset.
		"retired_pages.pending":          flags(func(x *row, v bool) { x.retired = fleet.Some(v) }),
		"clocks_event_reasons.active":    throttle,
		"clocks_throttle_reasons.active": throttle,
		"gpu_recovery_action":            recovery,
	}
}

const mib = 1 << 20

func words(set func(x *row, s string)) column {
	return func(x *row, text, _ string) error {
		set(x, gpupage.Clip(text))
		return nil
	}
}

// numbers reads a number with its unit behind it, with that of the header, or, where neither is printed, in usual.
func numbers(usual string, set func(x *row, v float64)) column {
	return func(x *row, text, unit string) error {
		number, behind, _ := strings.Cut(text, " ")
		if behind != "" {
			unit = behind
		}
		if unit != "" && unit != usual {
			return errUnit
		}
		v, err := strconv.ParseFloat(number, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			return errWord
		}
		set(x, v)
		return nil
	}
}

func flags(set func(x *row, v bool)) column {
	return func(x *row, text, _ string) error {
		switch strings.ToLower(text) {
		case "yes", "active", "enabled", "1":
			set(x, true)
		case "no", "not active", "disabled", "0":
			set(x, false)
		default:
			return errWord
		}
		return nil
	}
}

// throttle reads a bit mask, written 0x0000000000000004.
func throttle(x *row, text, _ string) error {
	v, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		return errWord
	}
	x.Throttle = fleet.Some(v)
	return nil
}

// recovery reads what the driver asks for. It is printed in words, of which shorter and longer forms exist; the
// numbers are those of NVML field 230.
func recovery(x *row, text, _ string) error {
	s := strings.ToLower(text)
	has := func(word string) bool { return strings.Contains(s, word) }
	action := -1
	switch {
	case s == "none":
		action = 0
	case has("imex"):
		action = 5
	case has("p2p"):
		action = 3
	case has("drain") && has("reset"):
		action = 4
	case has("reboot"):
		action = 2
	case has("reset"):
		action = 1
	default:
		if n, err := strconv.ParseUint(s, 0, 16); err == nil {
			action = int(n)
		}
	}
	if action < 0 {
		return errWord
	}
	x.Recovery = fleet.Some(action)
	return nil
}
