package world

// Notice is an incident that a provider publishes on its status page. Times are seconds since the world's start.
type Notice struct {
	N          int // the how manieth of this provider
	Began      float64
	Posted     float64
	Updated    float64
	Monitoring bool    // fixed, as far as its people see
	Over       bool    // kept as history
	Share      float64 // of requests that failed at worst when it was written last
}

// How late people write: the worse it is, the sooner they notice; and they wait before they call something over.
const (
	severe         = 0.4       // of requests that fail
	lateWhenSevere = 4 * 60.0  // seconds
	lateWhenMild   = 20 * 60.0 // a brownout is told last, where it is told at all
	watchAfter     = 3 * 60.0
	overAfter      = 10 * 60.0
	visibly        = 4 // times the normal share of failures
)

// page is what a provider's people know and have published. They follow its failures, late in both directions.
type page struct {
	ill     bool
	since   float64 // of the present illness
	well    float64 // when it was last seen ill
	worst   float64
	notices []Notice
}

// follow looks at the share of requests that fail now.
func (g *page) follow(now, share, normal float64) {
	if share > visibly*normal {
		if !g.ill {
			g.ill, g.since, g.worst = true, now, 0
		}
		g.well, g.worst = now, max(g.worst, share)
	}
	if !g.ill {
		return
	}
	open := g.open()
	quiet := now - g.well
	switch {
	case open == nil && quiet > 0: // gone before anybody wrote of it
		g.ill = false
	case open == nil && now-g.since >= late(g.worst):
		g.notices = append(g.notices, Notice{N: len(g.notices) + 1, Began: g.since, Posted: now, Updated: now, Share: g.worst})
	case open == nil:
	case quiet >= overAfter:
		open.Over, open.Updated, g.ill = true, now, false
	case quiet >= watchAfter && !open.Monitoring:
		open.Monitoring, open.Updated = true, now
	case quiet == 0 && (open.Monitoring || g.worst > open.Share):
		open.Monitoring, open.Share, open.Updated = false, g.worst, now
	}
}

func late(share float64) float64 {
	if share >= severe {
		return lateWhenSevere
	}
	return lateWhenMild
}

// open is the notice that is not over; nil for none.
func (g *page) open() *Notice {
	if n := len(g.notices); n > 0 && !g.notices[n-1].Over {
		return &g.notices[n-1]
	}
	return nil
}

// Published is what the provider's status page says, oldest first. It is for use inside At.
func (p *Provider) Published() []Notice { return append([]Notice(nil), p.page.notices...) }
