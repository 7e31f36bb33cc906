package backends

import "pitwall/fleet"

// totals are increases since pitwall watches. They only grow: a series that leaves its page takes nothing back.
//
// in is the whole prompt; read and written are parts of it that came from a provider's cache and went into one. unsplit is
// the part of in of which nobody told these parts.
type totals struct{ requests, errors, in, out, read, written, unsplit, route float64 }

func (t *totals) plus(o totals) {
	t.requests += o.requests
	t.errors += o.errors
	t.in += o.in
	t.out += o.out
	t.read += o.read
	t.written += o.written
	t.unsplit += o.unsplit
}

func (t totals) since(o totals) totals {
	return totals{requests: t.requests - o.requests, errors: t.errors - o.errors, in: t.in - o.in, out: t.out - o.out,
		read: t.read - o.read, written: t.written - o.written, unsplit: t.unsplit - o.unsplit, route: t.route - o.route}
}

// account names one row of the ledger: a pool, or a deployment of a route of a gateway.
type account struct {
	pool       fleet.PoolID
	gateway    fleet.GatewayID
	route      fleet.RouteID
	deployment fleet.DeploymentID
}

// ledger holds what every pool and target did since pitwall watches, whatever became of the series that told it.
type ledger map[account]totals

func (l ledger) add(key account, t totals) {
	row := l[key]
	row.plus(t)
	l[key] = row
}

// target is what all gateway replicas counted for a target since pitwall watches.
func (l ledger) target(r fleet.RouteSpec, t fleet.TargetSpec) totals {
	return l[account{gateway: r.Gateway, route: r.Called(), deployment: deployment(t)}]
}

// pool is what all engines of a pool counted since pitwall watches.
func (l ledger) pool(id fleet.PoolID) totals { return l[account{pool: id}] }

func (e *engineSeries) totals() totals {
	return totals{requests: e.finished.total, errors: e.failed.total, in: e.prompt.total, out: e.output.total}
}

func (d *deploymentSeries) totals() totals {
	return totals{requests: d.requests.total, errors: d.failures.total, in: d.in.total, out: d.out.total,
		read: d.read.total, written: d.written.total}
}
