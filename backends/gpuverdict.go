package backends

import (
	"time"

	"pitwall/fleet"
	"pitwall/fleet/xid"
)

// gpuHot is near the slow-down temperature of current data-centre parts.
const gpuHot = fleet.Celsius(87)

// junctionHot is its counterpart for AMD's hottest spot: the driver's limit is 100 C, and AMD reads more than 95 C as
// throttling (amd-smi documentation on violations).
const junctionHot = fleet.Celsius(95)

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

// gpuState follows the precedence missing > what driver or exporter ask for > Xid class > remap failure > uncorrected
// ECC > bad clock reasons > temperature (engines-and-gpus.md 16.7). What a page that is too old or frozen said of
// broken hardware stays; that all is well, it does not prove.
func gpuState(g *gpuWatch, stale bool, frozen time.Duration, now time.Time) (fleet.State, fleet.Safe) {
	old := judgement{}
	switch {
	case stale:
		old.state = fleet.StateStale
	case frozen > 0:
		old = judgement{fleet.StateStale, frozenText(frozen)}
	}
	return firstOf(gpuAsked(g), gpuBroken(g, now), old, gpuStrained(&g.reading))
}

// gpuAsked says when a device is gone, or when those who watch it take it for unhealthy.
func gpuAsked(g *gpuWatch) judgement {
	r := &g.reading
	switch {
	case g.missing:
		return judgement{fleet.StateDown, fleet.Text("left the exporter's page")}
	case r.Recovery.Or(0) > 0:
		return judgement{fleet.StateCrit, fleet.Concat(fleet.Text("the driver asks for "), recovery(r.Recovery.V))}
	case r.Healthy.OK && !r.Healthy.V:
		why := fleet.Text("the exporter calls it unhealthy")
		if a, ok := worstAFID(r); ok {
			why = fleet.Concat(why, fleet.Text(": "), afidText(a))
		}
		return judgement{fleet.StateCrit, why}
	default:
		return judgement{}
	}
}

// gpuBroken says what the errors of a device mean.
func gpuBroken(g *gpuWatch, now time.Time) judgement {
	r := &g.reading
	if x, ok := g.xids.fatal(); ok {
		when := fleet.Text("time unknown")
		switch {
		case x.last.OK && now.Sub(x.last.V) < 24*time.Hour:
			when = fleet.Concat(fleet.Text("at "), fleet.ClockTime(x.last.V))
		case x.last.OK:
			when = fleet.Concat(fleet.Text("on "), fleet.Stamp(x.last.V))
		}
		return judgement{fleet.StateCrit, fleet.Concat(fleet.Text("Xid "), fleet.Int(x.code), fleet.Text(", "), when)}
	}
	a, ok := worstAFID(r)
	switch {
	case ok && a.Severity == fleet.AFIDFatal && !r.Healthy.OK:
		return judgement{fleet.StateCrit, fleet.Concat(afidText(a), fleet.Text(", time unknown"))}
	case r.RemapFailed.OK && r.RemapFailed.V:
		return judgement{fleet.StateCrit, fleet.Text("row remap failed")}
	case r.ECCDouble.Or(0) > 0:
		return judgement{fleet.StateCrit, fleet.Concat(fleet.Count(r.ECCDouble.V).Text(), fleet.Text(" uncorrected ECC errors"))}
	default:
		return judgement{}
	}
}

// gpuStrained says what slows a device that works, and what it will need.
func gpuStrained(r *fleet.GPUReading) judgement {
	hot := gpuHot
	if r.Junction {
		hot = junctionHot
	}
	a, ok := worstAFID(r)
	switch why := slowed(r.Throttle.Or(0)); {
	case !why.IsEmpty():
		return judgement{fleet.StateWarn, why}
	case r.Temp.OK && r.Temp.V >= hot:
		return judgement{fleet.StateWarn, fleet.Concat(r.Temp.V.Text(), fleet.Text(" hot"))}
	case r.RemapPending.OK && r.RemapPending.V:
		return judgement{fleet.StateWarn, fleet.Text("row remap pending, needs a reset")}
	case ok && (a.Severity == fleet.AFIDFatal || a.Severity == fleet.AFIDUncorrected):
		return judgement{fleet.StateWarn, fleet.Concat(afidText(a), fleet.Text(", time unknown"))}
	default:
		return judgement{}
	}
}

// worstAFID is the most severe identifier of a device's last RAS event.
func worstAFID(r *fleet.GPUReading) (fleet.AFID, bool) {
	var worst fleet.AFID
	rank := func(a fleet.AFID) int {
		switch a.Severity {
		case fleet.AFIDFatal:
			return 2
		case fleet.AFIDUncorrected:
			return 1
		default:
			return 0
		}
	}
	for i, a := range r.AFIDs {
		if i == 0 || rank(a) > rank(worst) {
			worst = a
		}
	}
	return worst, len(r.AFIDs) > 0
}

func afidText(a fleet.AFID) fleet.Safe {
	return fleet.Concat(fleet.Text("AFID "), fleet.Int(a.Code), fleet.Text(" "), fleet.Label(a.Severity))
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
