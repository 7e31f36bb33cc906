package litellm

import (
	"context"
	"sync"
	"time"

	"pitwall/fleet"
)

// Content policy fallbacks are the one kind that the router settings do not tell. They are asked for route by route, which
// is bounded: few routes a reading, each one seldom.
const (
	policyEvery  = 5 * time.Minute
	policyAtOnce = 4
	policyRoutes = 64
)

// policies are the content policy fallbacks as last told.
type policies struct {
	mu     sync.Mutex
	routes map[fleet.RouteID]policy
	closed time.Time // when the call was last refused
}

type policy struct {
	at time.Time
	to []fleet.RouteID
}

// add asks for what is due and puts what is known into the settings. What cannot be read stays as last told.
func (p *policies) add(ctx context.Context, a *api, now time.Time, ds []deployment, s *settings) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := map[fleet.RouteID]policy{} // of routes that there still are
	asked := 0
	for _, d := range ds {
		if _, seen := known[d.route]; seen || len(known) >= policyRoutes {
			continue
		}
		one := p.routes[d.route]
		if asked < policyAtOnce && due(one.at, now) && due(p.closed, now) {
			asked++
			switch to, err := a.policyFallbacks(ctx, d.route); fleet.KindOf(err) {
			case "":
				one = policy{at: now, to: to}
			case fleet.KindAuth, fleet.KindUnsupported, fleet.KindNotFound:
				p.closed = now
			default:
				asked = policyAtOnce // it has trouble enough
			}
		}
		known[d.route] = one
		if len(one.to) > 0 {
			s.addFallback(d.route, fleet.Fallback{Kind: fleet.FallbackPolicy, To: one.to})
		}
	}
	p.routes = known
}

func due(at, now time.Time) bool { return at.IsZero() || now.Sub(at) >= policyEvery }
