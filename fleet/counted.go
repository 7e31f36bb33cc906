package fleet

// CountedBy says whose counts the figures of a target or a route are.
type CountedBy string

// Who counts. The zero value is the gateway, which counts for each target: a mark that is lost makes nothing milder.
const (
	CountedHere    CountedBy = ""
	CountedRoute   CountedBy = "route"   // the gateway, for all targets of the route together
	CountedEngines CountedBy = "engines" // the engines of the target's pool, over all that is sent to them
)

// Counted says who counted the requests of a target or a route, and who those that failed.
type Counted struct {
	Requests CountedBy
	Errors   CountedBy
	Why      Safe // why the engines' counts do not stand in for those that the gateway lacks; "" where they do, or need not
}

// Text says whose counts are shown, "" where they are the gateway's own for each target.
func (c Counted) Text() Safe {
	switch {
	case c.Requests == CountedEngines:
		return Text("counted by the engines of the pool, over all that is sent there")
	case c.Requests == CountedRoute:
		return Text("requests and failures counted for the whole route only")
	case c.Errors == CountedEngines:
		return Text("failures counted by the engines of the pool, over all that is sent there")
	case c.Errors == CountedRoute:
		return Text("failures counted for the whole route only")
	}
	return c.Why
}

// RouteCounts are counters of one route on one gateway replica, for all its targets together.
type RouteCounts struct {
	Requests Maybe[float64]
	Failures Maybe[float64]
}
