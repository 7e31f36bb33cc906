package rayserve

import (
	"bytes"
	"math"
	"slices"

	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// page is what one metrics page says.
type page struct {
	parts []part
	keys  []key
}

// applications makes one reading of each application: what its proxies answered, and what its replicas here have at hand.
// Requests are counted at the door alone, since each deployment that a request passes counts it again.
func (p page) applications() []fleet.EngineReading {
	var list []fleet.EngineReading
	for _, name := range p.names() {
		e := fleet.EngineReading{Model: fleet.ModelName(promtext.Decode(name)), Running: p.busiest(name)}
		for i, k := range p.keys {
			if !bytes.Equal(k.application, name) {
				continue
			}
			if waiting := p.parts[i].waiting; waiting.OK {
				enginepage.Add(&e.Waiting, float64(waiting.V))
			}
			if k.deployment == nil {
				p.parts[i].atDoor(&e)
			}
		}
		list = append(list, e)
	}
	return list
}

// busiest is what the deployment with the most requests at hand has: one that calls another holds the same requests.
func (p page) busiest(application []byte) fleet.Maybe[fleet.Count] {
	var most fleet.Maybe[fleet.Count]
	for _, of := range p.keys {
		if !bytes.Equal(of.application, application) {
			continue
		}
		var sum fleet.Maybe[fleet.Count]
		for i, k := range p.keys {
			if x := p.parts[i].running; x.OK && bytes.Equal(k.application, application) && bytes.Equal(k.deployment, of.deployment) {
				enginepage.Add(&sum, float64(x.V))
			}
		}
		if sum.OK && (!most.OK || sum.V > most.V) {
			most = sum
		}
	}
	return most
}

// version is that of Ray, which its agent writes into every series.
func (p page) version() fleet.Safe {
	for i := range p.parts {
		if p.parts[i].version != "" {
			return fleet.Label(p.parts[i].version)
		}
	}
	return fleet.Safe{}
}

// names lists the applications. Proxies count their own health checks, and paths that lead nowhere, as requests of an
// application without a name: these are no traffic. A deployment without one is of a version that had none.
func (p page) names() [][]byte {
	var names [][]byte
	for _, k := range p.keys {
		if len(k.application) == 0 && k.deployment == nil {
			continue
		}
		if !slices.ContainsFunc(names, func(n []byte) bool { return bytes.Equal(n, k.application) }) {
			names = append(names, k.application)
		}
	}
	return names
}

// replicas makes one reading of each replica of one deployment: a replica that is gone takes its counters along, which
// must not look like a restart of the others. What waits for any of them stands with the first.
func (p page) replicas(deployment string) []fleet.EngineReading {
	var list []fleet.EngineReading
	var queues []fleet.EngineReading
	for i, k := range p.keys {
		if promtext.Decode(k.deployment) != deployment || !p.parts[i].isHere() {
			continue
		}
		e := fleet.EngineReading{Model: fleet.ModelName(promtext.Decode(k.application)), Engine: promtext.Decode(k.replica)}
		e.Running, e.Waiting = p.parts[i].running, p.parts[i].waiting
		p.parts[i].atReplica(&e)
		if k.replica == nil {
			queues = append(queues, e)
		} else {
			list = append(list, e)
		}
	}
	for _, q := range queues {
		i := slices.IndexFunc(list, func(e fleet.EngineReading) bool { return e.Model == q.Model })
		if i < 0 {
			list = append(list, q)
		} else {
			enginepage.Complete(&list[i], &q)
		}
	}
	return list
}

// isHere tells whether this node has something of it: the controller's node also names the replicas of other nodes.
func (x *part) isHere() bool {
	return x.running.OK || x.waiting.OK || x.requests.value().OK || x.errors.value().OK
}

// atDoor takes what proxies answered. Early ones count answers without a status, and errors beside them.
func (x *part) atDoor(e *fleet.EngineReading) {
	if e.Finished = x.answers.all.value(); !e.Finished.OK {
		return
	}
	e.Failed, e.Aborted = fleet.Some(0.0), fleet.Some(0.0)
	for _, a := range []answers{x.answers, x.refused} {
		e.Failed.V = max(e.Failed.V, a.failed.value().V)
		e.Aborted.V = max(e.Aborted.V, a.aborted.value().V)
	}
	e.E2E, e.Pulse = seconds(x.latency), e.Finished
}

// atReplica takes what a replica counted: the requests that its code answered, and beside them those that it failed.
func (x *part) atReplica(e *fleet.EngineReading) {
	if ok := x.requests.value(); ok.OK {
		enginepage.Add(&e.Finished, ok.V)
	}
	if bad := x.errors.value(); bad.OK {
		enginepage.Add(&e.Finished, bad.V)
		e.Failed = bad
	} else if e.Finished.OK {
		e.Failed = fleet.Some(0.0)
	}
	e.E2E, e.Pulse = seconds(x.latency), e.Finished
}

// seconds converts a histogram of milliseconds.
func seconds(ms fleet.Histogram) fleet.Histogram {
	h := fleet.Histogram{Bounds: slices.Clone(ms.Bounds), Counts: ms.Counts, Sum: ms.Sum / 1000}
	for i, b := range h.Bounds {
		if !math.IsInf(b, 1) {
			h.Bounds[i] = b / 1000
		}
	}
	return h
}
