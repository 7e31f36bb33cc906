package world

import "slices"

// statusGone is what servers log for a client that hung up.
const statusGone = 499

// send routes a call to a member of its group.
func (w *World) send(c *Call, at float64) {
	g := c.gateway
	if g.db.lost && c.key != nil && c.Attempts == 0 {
		w.conclude(c, nil, result{at: at, status: 401, class: ExceptionClass(401)})
		return
	}
	d, refused := g.pick(c.group, at)
	if d == nil {
		w.conclude(c, nil, result{at: at, status: refused, class: ExceptionClass(refused)})
		return
	}
	c.Deployment = d.row.Spec.ID
	c.Base, _ = d.row.Params["api_base"].(string)
	c.Attempts++
	c.tries++
	t := &attempt{call: c, deployment: d, start: at, prompt: c.Prompt, output: c.Output}
	c.try = t
	w.track(t)
	if p := w.byName[d.row.Spec.Provider]; p != nil {
		p.receive(t, at)
		return
	}
	replicas := w.endpoints(d.row.Spec.Pool)
	if len(replicas) == 0 {
		w.hold(t, at)
		return
	}
	w.deliver(replicas, t, at)
}

// refuse fails an attempt whose service has no endpoint, or whose endpoint's process is gone.
func (w *World) refuse(t *attempt, at float64) {
	t.ended = true
	w.turned = append(w.turned, result{at: at + refuseTime, try: t, status: 503})
}

// refuseTime is how long a refused connection takes, in seconds.
const refuseTime = 0.002

func (w *World) track(t *attempt) {
	w.deadline[0] = append(w.deadline[0], t)
	w.deadline[1] = append(w.deadline[1], t)
	if t.call.patience > 0 {
		w.hasty = append(w.hasty, t)
	}
}

// expire gives up attempts whose client has waited too long.
func (w *World) expire(now float64) {
	for i, limit := range [2]float64{FirstTimeout, LastTimeout} {
		list := w.deadline[i]
		n := 0
		for ; n < len(list) && (list[n].ended || now-list[n].start >= limit); n++ {
			t := list[n]
			list[n] = nil
			if !t.ended && (i == 1 || t.first == 0) && t.deployment != nil {
				w.abandon(t, now)
			}
		}
		w.deadline[i] = list[n:]
	}
}

// hurry gives up attempts whose own client set a shorter time than the gateway's.
func (w *World) hurry(now float64) {
	left := w.hasty[:0]
	for _, t := range w.hasty {
		switch {
		case t.ended:
		case now-t.start >= t.call.patience:
			w.abandon(t, now)
		default:
			left = append(left, t)
		}
	}
	w.hasty = left
}

func (w *World) abandon(t *attempt, now float64) {
	if t.replica == nil && t.provider == nil {
		t.ended = true
		w.turned = append(w.turned, result{at: now, try: t, status: 408})
		return
	}
	if t.replica != nil {
		w.ledger.lose(t.replica.tokens(t))
		t.replica.drop(t)
		t.replica.results = append(t.replica.results, result{at: now, try: t, status: 408})
		return
	}
	t.provider.cut(t, now)
}

// settle hands the results of the sub-step to the gateways, in the order of their times.
func (w *World) settle() {
	all := w.turned
	w.turned = nil
	for _, r := range w.Replicas {
		all = append(all, r.results...)
		r.results = r.results[:0]
	}
	for _, p := range w.Providers {
		all = append(all, p.results...)
		p.results = p.results[:0]
	}
	slices.SortStableFunc(all, func(a, b result) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	for _, r := range all {
		w.book(r)
	}
}

func (w *World) book(r result) {
	t := r.try
	c := t.call
	if t.begun {
		w.ledger.lose(t.made)
	}
	if t.deployment == nil { // straight to an engine
		c.Reason = t.reason
		c.Ended, c.Status, c.End, c.Received, c.Limits = true, r.status, r.at, t.made, r.limits
		w.ledger.close(c)
		return
	}
	d := t.deployment
	if c.gone {
		r.status = statusGone
		w.conclude(c, d, r)
		return
	}
	if r.receivedBroken(); r.status != 200 && t.flaw == FlawMalformed {
		w.ledger.lose(t.made)
	}
	r.class = r.exceptionClass()
	if r.status == 504 {
		r.status = 408
	}
	if c.gateway.note(d, r) {
		d.stats.Cooled[r.status]++
		d.stats.Outage = true
	}
	if r.status == 200 {
		d.stats.success(c, t, r)
		w.conclude(c, d, r)
		return
	}
	d.stats.failure(c, r)
	if c.tries <= NumRetries && r.again() {
		w.retries = append(w.retries, retry{at: r.at, call: c})
		return
	}
	w.conclude(c, d, r)
}

// conclude ends a call for its client, or sends it to a fallback route once.
func (w *World) conclude(c *Call, d *deployment, r result) {
	g := c.gateway
	if next := g.fallbacksOf(c.Route); r.status != 200 && !c.FellBack && !c.gone && len(next) > 0 && r.mayFallBack() {
		c.FellBack, c.group, c.tries = true, next[0], 0
		w.retries = append(w.retries, retry{at: r.at, call: c})
		return
	}
	w.answer(c, d, r)
}

// turnAway ends a call that its key does not allow: it comes to no member and to no fallback.
func (w *World) turnAway(c *Call) {
	class := "Exception"
	switch {
	case c.refused.Over:
		class = "BudgetExceededError"
	case c.refused.Fast:
		class = "HTTPException"
	}
	w.answer(c, nil, result{at: c.Start, status: c.refused.Status, class: class})
}

// answer ends a call for its client.
func (w *World) answer(c *Call, d *deployment, r result) {
	g := c.gateway
	if c.FellBack && d != nil && r.status == 200 {
		d.stats.FellBack[RequestKey{Route: c.Route, ID: c.group}]++
	}
	g.InFlight--
	c.Ended, c.Status, c.End, c.Limits = true, r.status, r.at, r.limits
	id := ""
	if d != nil {
		id = d.row.Spec.ID
	}
	g.Stats.Requests[RequestKey{Route: c.Route, ID: id, Status: r.status}]++
	if r.status != 200 {
		g.Stats.Failures[RequestKey{Route: c.Route, ID: id, Status: r.status, Class: r.class}]++
	} else {
		c.Received = r.try.output
	}
	if r.try != nil {
		c.Reason = r.try.reason
	}
	w.ledger.close(c)
	w.suffer(c)
}
