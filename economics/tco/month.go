package tco

// apiMonth is what a month costs at the API, by cost line.
type apiMonth struct{ tokens, people, other float64 }

func (a *apiMonth) sum() float64 { return a.tokens + a.people + a.other }

func (a *apiMonth) add(o *apiMonth) {
	a.tokens += o.tokens
	a.people += o.people
	a.other += o.other
}

// ownMonth is what a month costs on own GPUs, by cost line.
type ownMonth struct {
	gpus, network, watch, people, incidents, upgrades, again, other float64
}

func (o *ownMonth) sum() float64 {
	return o.gpus + o.network + o.watch + o.people + o.incidents + o.upgrades + o.again + o.other
}

func (o *ownMonth) add(n *ownMonth) {
	o.gpus += n.gpus
	o.network += n.network
	o.watch += n.watch
	o.people += n.people
	o.incidents += n.incidents
	o.upgrades += n.upgrades
	o.again += n.again
	o.other += n.other
}

// tokensAPI is what the tokens of a month cost at the API. The volume is that of the first month.
func (x *plan) tokensAPI(m int, mtok float64) float64 {
	return mtok * x.grown[m] * daysMonth * x.apiMTok * x.apiPrice[m]
}

// atAPI is a whole month at the API.
func (x *plan) atAPI(m int, mtok float64) apiMonth {
	p := &x.p
	return apiMonth{tokens: x.tokensAPI(m, mtok), people: p[apiPeople] * p[personYear] / 12, other: p[apiYear] / 12}
}

// onOwn is a whole month on own GPUs.
func (x *plan) onOwn(m int, mtok float64, r rounding) ownMonth {
	p := &x.p
	hour := x.paid(mtok*x.sized[m], r) * x.hour * x.rent[m]
	gpus := hour * hoursMonth
	return ownMonth{
		gpus:      gpus,
		network:   p[networkShare] * gpus,
		watch:     p[watchShare]*gpus + p[watchYear]/12,
		people:    p[people] * p[personYear] / 12,
		incidents: p[incidents] / 12 * p[incidentHours] * (p[incidentPeople]*p[incidentRate] + p[lostHour]*p[exposed]),
		upgrades:  p[upgrades] / 12 * (p[upgradeDays]*p[engineerDay] + hour*24*p[parallelDays] + p[evalCost]),
		again:     p[qualityGap] * x.tokensAPI(m, mtok),
		other:     p[fixedMonth],
	}
}

// totals are both sides over months, for a volume in the first month.
func (x *plan) totals(months int, mtok float64) (api, own float64) {
	for m := range months {
		a, o := x.atAPI(m, mtok), x.onOwn(m, mtok, whole)
		api += a.sum()
		own += o.sum()
	}
	return api, own
}

// saving is what own GPUs save over the API; negative where they cost more.
func (x *plan) saving(months int) float64 {
	api, own := x.totals(months, x.p[volume])
	return api - own
}
