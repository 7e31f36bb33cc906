package kong

import (
	"encoding/json"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// maxWeight is the greatest weight that Kong takes (schemas of 3.10 and 3.15).
const maxWeight = 65535

// shape is which kind of entity a route is.
type shape uint8

const (
	aiTargets  shape = iota // plugin ai-proxy-advanced
	aiTarget                // plugin ai-proxy, which has one target
	upstreamOf              // upstream with targets
)

// route is one route as Kong keeps it. Nothing of a target's auth is in it.
type route struct {
	id      fleet.RouteID
	shape   shape
	key     string // Kong's own id of the plugin; the name of the upstream
	routing fleet.Routing
	members []member
	off     bool // the plugin is not enabled
	odd     int  // members whose weight is no number
	scope   scope
}

// member is one target.
type member struct {
	id     fleet.DeploymentID
	model  fleet.ModelName
	base   string
	weight fleet.Maybe[float64]
	order  fleet.Maybe[float64]
	named  series // as the metrics name it
	logged bool   // its requests are counted
	key    string // Kong's own id of an upstream's target
	at     string // pointer to the weight, in a plugin
}

// series is what the metrics tell targets apart by.
type series struct{ provider, model string }

func (r *route) member(t fleet.TargetSpec) *member {
	id := t.Deployment
	if id == "" {
		id = fleet.DeploymentID(t.ID)
	}
	for i := range r.members {
		if r.members[i].id == id {
			return &r.members[i]
		}
	}
	return nil
}

// Readers of decoded values: what is absent or of another type is unknown.

func number(doc any, path string) fleet.Maybe[float64] {
	v, _ := jsonptr.Find(doc, path)
	n, ok := v.(json.Number)
	if !ok {
		return fleet.None[float64]()
	}
	f, err := n.Float64()
	if err != nil {
		return fleet.None[float64]()
	}
	return fleet.Some(f)
}

func count(doc any, path string) fleet.Maybe[fleet.Count] {
	n := number(doc, path)
	return fleet.Maybe[fleet.Count]{V: fleet.Count(n.V), OK: n.OK && n.V >= 0}
}

// milliseconds reads a duration that Kong counts in milliseconds.
func milliseconds(doc any, path string) fleet.Maybe[fleet.Seconds] {
	n := number(doc, path)
	return fleet.Maybe[fleet.Seconds]{V: fleet.Seconds(n.V / 1000), OK: n.OK && n.V >= 0}
}

// maxTime bounds a time in seconds, so that it can be a time: the year 9999.
const maxTime = 253402300799

func timeAt(doc any, path string) fleet.Maybe[time.Time] {
	n := number(doc, path)
	if !n.OK || !(n.V > 0 && n.V < maxTime) {
		return fleet.None[time.Time]()
	}
	return fleet.Some(time.UnixMilli(int64(n.V * 1000)).UTC())
}

// writtenBack are the tags by which Kong's controller for Kubernetes marks what it keeps.
var writtenBack = map[string]bool{"managed-by-ingress-controller": true, "managed-by:kong-ingress-controller": true}

// ownerOf names who writes an entity back.
func ownerOf(doc any) fleet.Safe {
	tags, _ := jsonptr.Find(doc, "/tags")
	list, _ := tags.([]any)
	for _, t := range list {
		if s, _ := t.(string); writtenBack[s] {
			return fleet.Text("Kong Ingress Controller")
		}
	}
	return fleet.Safe{}
}
