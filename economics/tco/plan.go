package tco

import "math"

const (
	hoursMonth = 730.0
	daysMonth  = 365.0 / 12
	hoursYear  = 8760.0
	daySeconds = 86_400.0
	mTok       = 1e6

	// MostMonths is the longest horizon.
	MostMonths = 36

	mostVolume = 1e6 // million tokens a day; break-even beyond it counts as never
)

// point holds the inputs as numbers, percentages as fractions.
type point [count]float64

func (c *Case) point() point {
	var p point
	for i := range table {
		p.set(index(i), c.values[i].V)
	}
	return p
}

func (p *point) set(i index, v float64) {
	if table[i].isPercent() {
		v /= percentDigits
	}
	p[i] = v
}

// plan is a point with everything that does not depend on the volume worked out once: a break-even asks for thousands of volumes.
type plan struct {
	p        point
	apiMTok  float64     // $ per 1M tokens at the API, blended, in the first month
	carries  float64     // tokens a day for which one instance is enough, at the peak
	scaled   float64     // the same where instances follow the hour
	day      [24]float64 // rate of each hour over the daily mean, where instances follow the hour
	follows  bool        // instances follow the hour
	hour     float64     // $ per hour of an instance in the first month
	server   float64     // instances that come at once: those of a whole owned server; 0 where they come singly
	extra    float64     // further instances for interruptions, as a share
	grown    [MostMonths]float64
	sized    [MostMonths]float64 // as grown, but what cannot be given back stays
	apiPrice [MostMonths]float64
	rent     [MostMonths]float64
}

func newPlan(p *point) *plan {
	x := &plan{p: *p}
	x.apiMTok = blended(p)
	x.rates()
	x.price()
	x.course()
	return x
}

// blended is the price of 1M tokens of the mix at the API.
func blended(p *point) float64 {
	in := (1-p[cachedShare])*p[priceIn] + p[cachedShare]*p[priceCached]
	return (1 - p[discount]) * (p[inputShare]*in + (1-p[inputShare])*p[priceOut]) * (1 - p[batchDiscount]*p[batchShare])
}

// peakFactor is the peak that instances are sized for: work that can wait fills the valleys.
func peakFactor(p *point) float64 { return max(1, p[peak]*(1-p[batchShare])) }

// most is what an instance can do at this mix, in tokens/s. Cached input is not computed again, so more tokens fit.
func most(p *point) float64 {
	can := p[throughput]
	if p[prefill] > 0 || p[decode] > 0 {
		can = math.Inf(1)
		if p[prefill] > 0 && p[inputShare] > 0 {
			can = p[prefill] / p[inputShare]
		}
		if p[decode] > 0 && p[inputShare] < 1 {
			can = min(can, p[decode]/(1-p[inputShare]))
		}
		if math.IsInf(can, 1) { // the mix has none of what is known
			can = p[throughput]
		}
	}
	return can / max(1e-9, 1-p[cacheGain]*p[inputShare]*p[cachedShare])
}

// rates works out what an instance carries.
func (x *plan) rates() {
	p := &x.p
	inObjective := most(p) * p[derate] * p[busy]
	r := peakFactor(p)
	x.carries = daySeconds * inObjective / r
	if p[autoscale] == 0 || p[source] != OnDemand && p[source] != Spot {
		return
	}
	x.follows = true
	within := min(p[burst], r)
	x.scaled = daySeconds * inObjective / within
	x.day = dayShape(r / within)
}

// dayShape is a smooth day whose greatest hour has top times the mean rate.
func dayShape(top float64) [24]float64 {
	var day [24]float64
	sum := func(power float64) float64 {
		total := 0.0
		for h := range day {
			day[h] = math.Pow(0.505+0.495*math.Cos(2*math.Pi*float64(h)/24), power) // never 0: a flat day is one of these too
			total += day[h]
		}
		return total / 24
	}
	low, high := 0.0, 600.0 // with more the day is one hour
	for range 40 {
		if mid := (low + high) / 2; sum(mid)*top > 1 {
			low = mid
		} else {
			high = mid
		}
	}
	mean := sum((low + high) / 2)
	for h := range day {
		day[h] /= mean
	}
	return day
}

// price works out what an hour of an instance costs, by where its GPUs are from.
func (x *plan) price() {
	p := &x.p
	gpu := p[demandHour]
	switch int(p[source]) {
	case Reserved:
		gpu = p[reservedHour]
	case Spot:
		gpu, x.extra = p[spotHour], p[spotExtra]
	case Owned:
		gpu = ownedHour(p)
		x.server = max(1, math.Floor(p[serverGPUs]/p[instanceGPUs]))
	}
	x.hour = gpu * p[instanceGPUs]
	if x.server > 0 { // a server is paid whole, also the GPUs that no instance fits on
		x.hour = gpu * max(p[serverGPUs], p[instanceGPUs]) / x.server
	}
}

// ownedHour is what an owned GPU costs an hour, used or not: its server over its life, support, power and space.
func ownedHour(p *point) float64 {
	server := (p[capex]*(1-p[residual])/p[life]+p[capex]*p[support])/hoursYear +
		p[serverKW]*p[pue]*p[kwh] + p[colo]*p[coloKW]/hoursMonth
	return server / p[serverGPUs]
}

// course works out how volume and prices move over the months.
func (x *plan) course() {
	p := &x.p
	for m := range MostMonths {
		years := float64(m) / 12
		if p[changes] != 0 {
			years = math.Floor(years)
		}
		x.grown[m] = math.Pow(1+p[growth], years)
		x.apiPrice[m] = math.Pow(1-p[apiDecline], years)
		x.rent[m], x.sized[m] = 1, x.grown[m]
		stays := false // what was paid for before is still paid for
		switch int(p[source]) {
		case Owned:
			stays = m > 0
		case Reserved:
			held := int(p[term])
			stays = m%held > 0
			x.rent[m] = math.Pow(1-p[rentalDecline], float64(m-m%held)/12)
		default:
			x.rent[m] = math.Pow(1-p[rentalDecline], years)
		}
		if stays {
			x.sized[m] = max(x.sized[m], x.sized[m-1])
		}
	}
}

// rounding says how instances are counted: whole, or a bound from above that grows evenly with the volume.
type rounding bool

const (
	whole    rounding = false
	fromOver rounding = true
)

func (r rounding) up(v float64) float64 {
	if r == fromOver {
		return v + 1
	}
	return math.Ceil(v - 1e-9)
}

func (r rounding) least(v, least float64) float64 {
	if r == fromOver {
		return v + least
	}
	return max(v, least)
}

// atPeak is how many instances the peak of a day with so many million tokens needs, with spares.
func (x *plan) atPeak(mtok float64, r rounding) float64 {
	return x.bought(r.least(r.up(mtok*mTok/x.carries)+x.p[spares], x.p[leastInstances]), r)
}

// bought adds what has to be paid beside instances that are needed.
func (x *plan) bought(n float64, r rounding) float64 {
	if x.extra > 0 {
		n = r.up(n * (1 + x.extra))
	}
	if x.server > 0 {
		n = r.up(n/x.server) * x.server
	}
	return n
}

// paid is how many instances are paid for, on the mean over a day.
func (x *plan) paid(mtok float64, r rounding) float64 {
	if !x.follows {
		return x.atPeak(mtok, r)
	}
	sum := 0.0
	for _, rate := range x.day {
		sum += x.bought(r.least(r.up(mtok*mTok*rate/x.scaled)+x.p[spares], x.p[leastInstances]), r)
	}
	return sum / 24
}

// marginal is what 1M further tokens cost on own GPUs where instances could be had in parts.
func (x *plan) marginal() float64 {
	day := x.carries
	if x.follows {
		day = x.scaled
	}
	return x.hour * (1 + x.extra) * 24 * mTok / day
}

// busyMean is how much of what instances can do within the objective a day uses.
func (x *plan) busyMean(mtok, instances float64) float64 {
	return mtok * mTok / daySeconds / (instances * most(&x.p) * x.p[derate])
}
