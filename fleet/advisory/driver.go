package advisory

import (
	"slices"
	"time"
)

// Fix says how a driver stands to the newest bulletin of drivers.
type Fix string

// The standings of a driver. None of them means secure.
const (
	FixUnknown  Fix = ""          // the version cannot be read, or the pack has no bulletin
	FixAtLeast  Fix = "at least"  // at or above the listed fix of its branch
	FixBelow    Fix = "below"     // affected; fixed in DriverFix.Fixed
	FixNoBranch Fix = "no branch" // the newest bulletin lists no fix for its branch: move to another one
	FixNewer    Fix = "newer"     // of a branch newer than any that is listed
)

// DriverFix is what the pack says of a driver.
type DriverFix struct {
	Is       Fix
	Branch   int
	Fixed    string
	CVSS     float64
	Bulletin string
	Date     time.Time // of the bulletin
}

// Driver compares a driver within its branch with the newest bulletin.
func (p *Pack) Driver(version string) DriverFix {
	v, ok := Parse(version)
	if !ok || len(v.parts) < 2 || len(p.Drivers) == 0 {
		return DriverFix{}
	}
	newest := slices.MaxFunc(p.Drivers, func(a, b Branch) int { return a.Date.Compare(b.Date.Time) })
	out := DriverFix{Is: FixNewer, Branch: v.branch(), Bulletin: newest.Bulletin, Date: newest.Date.Time}
	for _, b := range p.Drivers {
		if b.Bulletin != newest.Bulletin {
			continue
		}
		if b.Branch > v.branch() && out.Is == FixNewer {
			out.Is, out.CVSS = FixNoBranch, max(out.CVSS, b.CVSS)
		}
		if b.Branch == v.branch() {
			fixed, _ := Parse(b.Fixed)
			out.Is, out.Fixed, out.CVSS = FixAtLeast, b.Fixed, b.CVSS
			if v.Compare(fixed) < 0 {
				out.Is = FixBelow
			}
			return out
		}
	}
	return out
}

// Fit says whether a container finds the driver that it needs.
type Fit string

// The fits.
const (
	FitUnknown Fit = ""
	FitWhole   Fit = "whole"   // at or above the driver that the release of CUDA brings
	FitMinor   Fit = "minor"   // it starts; not every feature of the release is there
	FitCompat  Fit = "compat"  // only through the forward-compatibility package in the image, on data-centre GPUs
	FitTooOld  Fit = "too old" // it does not start
)

// DriverFit is how a driver fits a release of CUDA.
type DriverFit struct {
	Is      Fit
	Floor   int    // least branch that starts it
	Bundled string // driver with every feature; "" where only the major release is known
}

// Fits compares a driver with what a release of CUDA, "12.8" or "12" alone, asks for.
func (p *Pack) Fits(cuda, driver string, compat bool) DriverFit {
	want, ok := Parse(cuda)
	have, known := Parse(driver)
	if !ok || !known || len(have.parts) < 2 {
		return DriverFit{}
	}
	var out DriverFit
	for _, t := range p.CUDA {
		r, _ := Parse(t.Release)
		switch {
		case r.branch() != want.branch():
			continue
		case len(want.parts) > 1 && r.Compare(Version{parts: want.parts[:2]}) == 0:
			out.Bundled = t.Bundled
		}
		out.Floor = t.Floor // one for all of a major release
	}
	bundled, exact := Parse(out.Bundled)
	switch {
	case out.Floor == 0: // a release that the pack does not have
	case have.branch() < out.Floor && compat:
		out.Is = FitCompat
	case have.branch() < out.Floor:
		out.Is = FitTooOld
	case exact && have.Compare(bundled) >= 0:
		out.Is = FitWhole
	default:
		out.Is = FitMinor
	}
	return out
}

// BuiltOn says on which CUDA a release of a product is built; "" where the pack does not say it.
func (p *Pack) BuiltOn(product, release string) (cuda string, compat bool) {
	v, ok := Parse(release)
	for _, r := range p.Runtimes {
		from, _ := Parse(r.From)
		below, _ := Parse(r.Below)
		if ok && r.Product == product && v.Compare(from) >= 0 && v.Compare(below) < 0 {
			return r.CUDA, r.Compat
		}
	}
	return "", false
}
