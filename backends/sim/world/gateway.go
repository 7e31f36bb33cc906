package world

import (
	"math"
	"math/rand/v2"
	"time"
)

// Gateway is one LiteLLM replica: its own copy of the routing state, its own cooldowns and counters.
// Semantics are those of LiteLLM 1.81 to 1.96 in database mode under simple-shuffle; router.go has those of its settings.
type Gateway struct {
	Name     string
	Rows     []*Row // what it holds now
	Stats    GatewayStats
	InFlight int

	live      RouterSettings      // in force here
	fallbacks map[string][]string // what they mean: by route, and under "*" for any
	aliases   map[string]string   // public name to route

	db       *database
	peers    []*Gateway // replicas that take over with this one what is written here
	deps     map[string]*deployment
	groups   map[string][]*deployment // by route, of the rows held
	every    float64                  // seconds between looks into the database
	nextPoll float64
	deaf     bool            // its background poll is dead
	evicts   map[string]bool // routes whose members a reload throws out, though the database has them
	eager    bool            // it cools no member down
	keys     *keyring
	cached   map[HolderRef]cachedRow // keys and teams
	paces    map[HolderRef]*pace
	rng      *rand.Rand
}

// The constants of LiteLLM's router (gateways.md 1.5, 1.7).
const (
	pollEvery    = 30.0 // seconds between looks into the database
	CooldownTime = 5.0  // seconds
	NumRetries   = 2
	AllowedFails = 3
	FirstTimeout = 30.0  // seconds to the first token
	LastTimeout  = 120.0 // seconds to the last
)

// deployment is one member as one replica sees it.
type deployment struct {
	row      *Row
	stats    *DeploymentStats
	group    int // members of its group
	cooldown float64
	minute   int64 // the minute that the two counters are of
	fails    int
	total    int
}

func newGateway(name string, db *database, every, phase float64, rng *rand.Rand) *Gateway {
	g := &Gateway{Name: name, db: db, deps: map[string]*deployment{}, every: every, nextPoll: every * phase, rng: rng,
		Stats: newGatewayStats()}
	g.load(db.rows)
	g.takeOver()
	return g
}

// load takes over a state. Counters and cooldowns of members that stay are kept.
func (g *Gateway) load(rows []*Row) {
	g.Rows = rows
	g.groups = map[string][]*deployment{}
	for _, r := range rows {
		d := g.deps[r.Spec.ID]
		if d == nil {
			d = &deployment{stats: g.Stats.deployment(r.Spec)}
			g.deps[r.Spec.ID] = d
		}
		d.row = r
		if g.evicts[r.Spec.Route] {
			continue
		}
		g.groups[r.Spec.Route] = append(g.groups[r.Spec.Route], d)
	}
	for _, members := range g.groups {
		for _, d := range members {
			d.group = len(members)
		}
	}
}

// poll looks into the database when it is time.
func (g *Gateway) poll(now float64) {
	for now >= g.nextPoll {
		g.nextPoll += g.every
		if !g.deaf && !g.db.lost {
			g.reload()
		}
	}
}

// Write stores a change; this replica reloads at once, the others at their next poll, or at once where they are its peers.
func (g *Gateway) Write(id string, c Change, now time.Time) *Row {
	if g.db.lost {
		return nil
	}
	row := g.db.write(id, c, now)
	if row != nil {
		g.reload()
		for _, p := range g.peers {
			if !p.deaf {
				p.reload()
			}
		}
	}
	return row
}

// reload takes over what the database has.
func (g *Gateway) reload() {
	g.load(g.db.rows)
	g.takeOver()
}

// Add stores a new member; this replica reloads at once, the others at their next poll. nil where it cannot be.
func (g *Gateway) Add(route, id string, params map[string]any, by string, now time.Time) *Row {
	if g.db.lost {
		return nil
	}
	row := g.db.add(route, id, params, by, now)
	if row != nil {
		g.reload()
	}
	return row
}

// Remove takes a member away likewise.
func (g *Gateway) Remove(id string) bool {
	if g.db.lost || !g.db.remove(id) {
		return false
	}
	g.reload()
	return true
}

// Row returns a model of the database, nil when there is none.
func (g *Gateway) Row(id string) *Row { return g.db.row(id) }

// pick chooses a member as simple-shuffle does: by weight when the first healthy member has one, else evenly.
// The status is 429 when all are cooled down, 403 when all are blocked, 400 for an unknown name.
func (g *Gateway) pick(group string, now float64) (*deployment, int) {
	members := g.groups[g.Resolve(group)]
	if len(members) == 0 {
		return nil, 400
	}
	healthy := make([]*deployment, 0, 8)
	blocked := 0
	for _, d := range members {
		switch {
		case d.row.Blocked:
			blocked++
		case d.cooldown <= now:
			healthy = append(healthy, d)
		}
	}
	switch {
	case blocked == len(members):
		return nil, 403
	case len(healthy) == 0:
		return nil, 429
	}
	healthy = first(healthy)
	total := 0.0
	if _, weighted := healthy[0].row.Weight(); weighted {
		for _, d := range healthy {
			w, _ := d.row.Weight()
			total += max(w, 0)
		}
	}
	if total <= 0 {
		return healthy[g.rng.IntN(len(healthy))], 0
	}
	x := g.rng.Float64() * total
	last := healthy[0]
	for _, d := range healthy {
		w, _ := d.row.Weight()
		if w <= 0 {
			continue
		}
		last = d
		if x -= w; x < 0 {
			break
		}
	}
	return last, 0
}

// first are the members of the lowest order; those without one get nothing as soon as one has it.
func first(healthy []*deployment) []*deployment {
	var lowest []*deployment
	least := math.Inf(1)
	for _, d := range healthy {
		switch order, ok := d.row.Params["order"].(float64); {
		case !ok || order > least:
		case order < least:
			lowest, least = append(lowest[:0], d), order
		default:
			lowest = append(lowest, d)
		}
	}
	if len(lowest) == 0 {
		return healthy
	}
	return lowest
}

// note counts a member's answer and says whether it cools down now.
func (g *Gateway) note(d *deployment, r result) bool {
	cools := d.note(r.status, r.at)
	if cools && g.eager {
		d.cooldown = 0
		return false
	}
	return cools
}

// note counts an answer for the cooldown rules and says whether the member cools down now.
func (d *deployment) note(status int, now float64) bool {
	if minute := int64(now / 60); minute != d.minute {
		d.minute, d.fails, d.total = minute, 0, 0
	}
	d.total++
	if status == 200 {
		return false
	}
	d.fails++
	failed := float64(d.fails) / float64(d.total)
	cool := false
	switch {
	case status == 401 || status == 404:
		cool = true
	case status == 400 || status == 403 || status == 422:
	case d.group <= 1:
		cool = d.fails == d.total && d.total >= 1000
	case status == 429:
		cool = true
	default:
		cool = d.total >= 5 && failed > 0.5
	}
	if cool {
		d.cooldown = now + CooldownTime
	}
	return cool
}
