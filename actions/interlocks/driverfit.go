package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/fleet/advisory"
)

// driverFit is IL-43: whether the image starts on the drivers of the nodes that may take it, and how those drivers
// stand to the newest bulletin of their branch.
func driverFit(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	a := &p.Work.Advice
	if !replaces(&p) && !adds(&p) {
		return pass(fleet.Text("it starts no replica of this object"))
	}
	if hosted(&p, s) {
		return missing(actions.SeverityWarn, fleet.Text("its machines are those of a cloud, which chooses their drivers and tells nobody"))
	}
	if len(a.Drivers) == 0 {
		return missing(actions.SeverityOVR, fleet.Text("the drivers of the nodes that may take replicas are not known"))
	}
	var out actions.Check
	for i := range a.Drivers {
		d := &a.Drivers[i]
		out = worse(out, startsOn(&p, d))
		out = worse(out, branchRule(d))
	}
	switch {
	case a.AsOf.IsZero():
		out = worse(out, missing(actions.SeverityOVR, fleet.Text("there is no data on drivers")))
	case now.Sub(a.AsOf) > packLife:
		out = worse(out, missing(actions.SeverityWarn, fleet.Text("the data on drivers is of "), day(a.AsOf), fleet.Text(", "),
			fleet.Age(now.Sub(a.AsOf)), fleet.Text(" > 45d old")))
	}
	return out
}

// startsOn compares one driver with the CUDA of the image. An image that stays needs no more than it runs on today.
func startsOn(p *actions.Plan, d *actions.DriverAdvice) actions.Check {
	a := &p.Work.Advice
	driver := fleet.Concat(fleet.Text("driver "), fleet.Label(d.Driver), fleet.Text(" on "), nodesOf(d))
	have, ok := advisory.Parse(d.Driver)
	if !ok {
		return missing(actions.SeverityOVR, fleet.Text("the driver of "), nodesOf(d), fleet.Text(" is not known"))
	}
	if runs, known := advisory.Parse(a.Runs); keepsImage(p) && known && have.Compare(runs) >= 0 {
		return pass(driver, fleet.Text(" is no older than "), fleet.Label(a.Runs), fleet.Text(", on which the image runs"))
	}
	cuda := fleet.Concat(fleet.Text("CUDA "), fleet.Label(a.CUDA))
	switch d.Fit.Is {
	case advisory.FitWhole:
		return pass(driver, fleet.Text(" >= "), fleet.Label(d.Fit.Bundled), fleet.Text(" of "), cuda)
	case advisory.FitMinor:
		if d.Fit.Bundled == "" {
			return pass(driver, fleet.Text(" >= R"), fleet.Int(d.Fit.Floor), fleet.Text(", from which "), cuda, fleet.Text(" starts"))
		}
		return verdict(actions.SeverityWarn, driver, fleet.Text(" starts "), cuda, fleet.Text(" (>= R"), fleet.Int(d.Fit.Floor),
			fleet.Text(") without all of its features (< "), fleet.Label(d.Fit.Bundled), fleet.Text(")"))
	case advisory.FitCompat:
		return verdict(actions.SeverityOVR, driver, fleet.Text(" < R"), fleet.Int(d.Fit.Floor), fleet.Text(" that "), cuda,
			fleet.Text(" asks for: it starts only through the forward-compatibility package in the image"))
	case advisory.FitTooOld:
		c := verdict(actions.SeverityBlock, driver, fleet.Text(" < R"), fleet.Int(d.Fit.Floor), fleet.Text(" that "), cuda,
			fleet.Text(" asks for: the image does not start there"))
		c.Fix = fleet.Text("upgrade the driver, take an image of an older CUDA, or keep it off these nodes")
		return c
	default:
		if a.CUDA == "" {
			return missing(actions.SeverityOVR, fleet.Text("which CUDA the image "), p.Work.To.Image, fleet.Text(" is built on is not known"))
		}
		return missing(actions.SeverityOVR, fleet.Text("what "), cuda, fleet.Text(" asks of a driver is not in the data"))
	}
}

// branchRule compares a driver within its branch with the newest bulletin; a branch that it does not list is not safe.
func branchRule(d *actions.DriverAdvice) actions.Check {
	f := &d.Fix
	driver := fleet.Concat(fleet.Text("driver "), fleet.Label(d.Driver), fleet.Text(" on "), nodesOf(d))
	data := fleet.Concat(fleet.Text(" (NVIDIA "), fleet.Label(f.Bulletin), fleet.Text(" of "), day(f.Date), fleet.Text(")"))
	switch f.Is {
	case advisory.FixAtLeast:
		return pass(driver, fleet.Text(" is at or above the listed fix "), fleet.Label(f.Fixed), data)
	case advisory.FixBelow:
		return verdict(actions.SeverityWarn, driver, fleet.Text(" is affected, CVSS up to "), fleet.Float(f.CVSS, 1), fleet.Text(": fixed in "),
			fleet.Label(f.Fixed), data)
	case advisory.FixNoBranch:
		return verdict(actions.SeverityWarn, driver, fleet.Text(": no fix is listed for the branch R"), fleet.Int(f.Branch),
			fleet.Text(": move to another branch"), data)
	case advisory.FixNewer:
		return missing(actions.SeverityWarn, driver, fleet.Text(" is of a branch that the data does not cover"), data)
	default:
		return missing(actions.SeverityWarn, fleet.Text("how the driver of "), nodesOf(d), fleet.Text(" stands to bulletins is not known"))
	}
}
