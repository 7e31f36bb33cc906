package backends

import (
	"pitwall/fleet"
	"pitwall/fleet/xid"
)

// gpuHot is near the slow-down temperature of current data-centre parts.
const gpuHot = fleet.Celsius(87)

// Clock event reasons that are faults (NVML, engines-and-gpus.md 12.4); the others are idleness, caps and settings.
const (
	slowHardware = 0x08 // thermal, power brake or external
	slowHeat     = 0x20 // software thermal
	slowHeatHW   = 0x40
	slowBrake    = 0x80 // power supply or rack
)

// fatalXid tells whether the catalogue takes the GPU or its node out of use.
func fatalXid(code int) bool {
	e, ok := xid.Lookup(code)
	return ok && (e.Class == xid.ClassGPUOut || e.Class == xid.ClassNodeOut)
}

// gpuState follows the precedence missing > recovery action > Xid class > remap failure > uncorrected ECC > bad clock
// reasons > temperature (engines-and-gpus.md 16.7).
func gpuState(g *gpuWatch, stale bool) (fleet.State, fleet.Safe) {
	r := g.reading
	switch {
	case g.missing:
		return fleet.StateDown, fleet.Text("left the exporter's page")
	case r.Recovery.Or(0) > 0:
		return fleet.StateCrit, fleet.Concat(fleet.Text("the driver asks for "), recovery(r.Recovery.V))
	case g.xid.OK && fatalXid(g.xid.V):
		when := fleet.Text("time unknown")
		if g.xidAt.OK {
			when = fleet.Concat(fleet.Text("at "), fleet.ClockTime(g.xidAt.V))
		}
		return fleet.StateCrit, fleet.Concat(fleet.Text("Xid "), fleet.Int(g.xid.V), fleet.Text(", "), when)
	case r.RemapFailed.OK && r.RemapFailed.V:
		return fleet.StateCrit, fleet.Text("row remap failed")
	case r.ECCDouble.Or(0) > 0:
		return fleet.StateCrit, fleet.Concat(fleet.Count(r.ECCDouble.V).Text(), fleet.Text(" uncorrected ECC errors"))
	case stale:
		return fleet.StateStale, fleet.Safe{}
	}
	if why := slowed(r.Throttle.Or(0)); !why.IsEmpty() {
		return fleet.StateWarn, why
	}
	switch {
	case r.Temp.OK && r.Temp.V >= gpuHot:
		return fleet.StateWarn, fleet.Concat(r.Temp.V.Text(), fleet.Text(" hot"))
	case r.RemapPending.OK && r.RemapPending.V:
		return fleet.StateWarn, fleet.Text("row remap pending, needs a reset")
	default:
		return fleet.StateOK, fleet.Safe{}
	}
}

// recovery names what the driver asks for (NVML field 230).
func recovery(action int) fleet.Safe {
	switch action {
	case 1:
		return fleet.Text("a GPU reset")
	case 2:
		return fleet.Text("a node reboot")
	case 3:
		return fleet.Text("a drain of its peer-to-peer jobs")
	case 4:
		return fleet.Text("a drain and a reset")
	case 5:
		return fleet.Text("a repair of its NVLink domain")
	default:
		return fleet.Concat(fleet.Text("recovery action "), fleet.Int(action))
	}
}

// slowed names the clock event reasons that are faults, "" when there is none.
func slowed(reasons uint64) fleet.Safe {
	switch {
	case reasons&slowBrake != 0:
		return fleet.Text("slowed by the power brake")
	case reasons&(slowHeat|slowHeatHW) != 0:
		return fleet.Text("slowed by heat")
	case reasons&slowHardware != 0:
		return fleet.Text("slowed by its hardware")
	default:
		return fleet.Safe{}
	}
}
