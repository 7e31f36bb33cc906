package litellm

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"pitwall/fleet"
)

// The limits of one question to one replica, and how long a write may take to reach all of them: LiteLLM 1.81 to
// 1.109 polls the database every 30 s (general_settings.proxy_config_reload_interval_seconds in the newer ones).
const (
	askTimeout     = 5 * time.Second
	writeTimeout   = 15 * time.Second
	defaultSettle  = 60 * time.Second
	defaultReload  = 60 * time.Second
	reloadPollWait = 500 * time.Millisecond
)

// gateway is what both writers share: the replicas, each by its own address.
type gateway struct {
	spec     fleet.GatewaySpec
	clock    fleet.Clock
	log      *slog.Logger
	replicas []replica
	told     *told
}

type replica struct {
	spec fleet.GatewayReplicaSpec
	api  *api
}

// newWriter opens the write credential's clients and chooses the way of writing: by file where one is configured.
func newWriter(spec fleet.GatewaySpec, deps fleet.Deps) (fleet.RouteWriter, error) {
	if spec.TLS.Insecure {
		return nil, &fleet.Error{
			Kind: fleet.KindReadOnly, Op: "open the writer of " + string(spec.ID),
			Next: "its TLS is not verified, which forbids writing",
		}
	}
	auth := spec.Write
	if auth.IsZero() {
		auth = spec.Auth
	}
	g, err := openGateway(spec, auth, deps)
	if err != nil {
		return nil, err
	}
	byFile := spec.File != nil
	for _, r := range spec.Replicas {
		byFile = byFile || r.File != ""
	}
	switch {
	case spec.Options[optionConfigMap] != "":
		return newMapWriter(g, deps)
	case byFile:
		return newFileWriter(g), nil
	}
	return &dbWriter{gateway: g, known: map[fleet.RouteID][]fleet.Weights{}, edits: map[string][]string{}}, nil
}

// openGateway opens a client for each replica, with one credential.
func openGateway(spec fleet.GatewaySpec, auth fleet.SecretRef, deps fleet.Deps) (gateway, error) {
	g := gateway{spec: spec, clock: deps.Clock, log: deps.Log, told: newTold()}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	for _, r := range spec.Replicas {
		deps.Via = r.Via
		a, err := newAPI(fleet.SourceID(r.ID), r.URL, auth, spec.TLS, deps)
		if err != nil {
			return g, err
		}
		g.replicas = append(g.replicas, replica{r, a})
	}
	return g, nil
}

// Settle is how long a replica may hold the old weights after a write: two polls of the database unless configured.
func (g *gateway) Settle() time.Duration {
	if g.spec.Settle > 0 {
		return g.spec.Settle
	}
	return defaultSettle
}

// ReadBack asks every replica at the same time what it holds now. A target that a replica does not have at all
// (an edit evicted it) is in neither Weights nor Unset of that replica.
func (g *gateway) ReadBack(ctx context.Context, r fleet.RouteSpec) []fleet.ReplicaWeights {
	held := g.ask(ctx, r)
	out := make([]fleet.ReplicaWeights, len(held))
	for i, h := range held {
		out[i] = h.readBack(r)
	}
	return out
}

// ask reads the members of a route from all replicas in parallel. The answers are in configured order.
func (g *gateway) ask(ctx context.Context, r fleet.RouteSpec) []holding {
	out := make([]holding, len(g.replicas))
	var wg sync.WaitGroup
	for i, rep := range g.replicas {
		wg.Go(func() { out[i] = g.askOne(ctx, rep, r) })
	}
	wg.Wait()
	return out
}

func (g *gateway) askOne(ctx context.Context, rep replica, r fleet.RouteSpec) holding {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	all, err := rep.api.models(ctx, nil)
	return newHolding(rep.spec.ID, r, all, g.clock.Now(), err)
}

// holding is what one replica holds of one route.
type holding struct {
	replica fleet.GatewayReplicaID
	members map[fleet.TargetID]deployment
	at      time.Time
	err     error
}

func newHolding(id fleet.GatewayReplicaID, r fleet.RouteSpec, all []deployment, at time.Time, err error) holding {
	h := holding{replica: id, members: map[fleet.TargetID]deployment{}, at: at, err: err}
	for _, t := range r.Targets {
		for _, d := range all {
			if d.id == deploymentOf(t) && d.route == r.ID {
				h.members[t.ID] = d
			}
		}
	}
	return h
}

// weights gives the whole weights that are set; the error names a weight that is not a whole number.
func (h holding) weights() (fleet.Weights, error) {
	if h.err != nil {
		return nil, h.err
	}
	w := fleet.Weights{}
	for id, d := range h.members {
		whole, ok := wholeWeight(d.weight)
		switch {
		case d.odd || d.weight.OK && !ok:
			return nil, &fleet.Error{
				Kind: fleet.KindUnsupported, Op: "read weights", Source: fleet.SourceID(h.replica),
				Next: fmt.Sprintf("the weight of %s is not a whole number; set whole numbers first", id),
			}
		case !ok:
			continue
		}
		w[id] = whole
	}
	return w, nil
}

func (h holding) readBack(r fleet.RouteSpec) fleet.ReplicaWeights {
	out := fleet.ReplicaWeights{Replica: h.replica, At: h.at}
	if out.Weights, out.Err = h.weights(); out.Err != nil {
		return out
	}
	out.Blocked = map[fleet.TargetID]bool{}
	for _, t := range r.Targets {
		d, ok := h.members[t.ID]
		if !ok {
			continue
		}
		if d.blocked.OK {
			out.Blocked[t.ID] = d.blocked.V
		}
		if !d.weight.OK {
			out.Unset = append(out.Unset, t.ID)
		}
	}
	return out
}

// holds tells whether a replica holds exactly these weights and lacks no target.
func (h holding) holds(r fleet.RouteSpec, w fleet.Weights) bool {
	now, err := h.weights()
	return err == nil && len(h.members) == len(r.Targets) && now.Equal(w)
}

func (g *gateway) replica(id fleet.GatewayReplicaID) (replica, error) {
	for _, r := range g.replicas {
		if r.spec.ID == id {
			return r, nil
		}
	}
	return replica{}, &fleet.Error{
		Kind: fleet.KindNotFound, Op: "resync",
		Next: fmt.Sprintf("the gateway %s has no replica %s", g.spec.ID, id),
	}
}

// checkWanted refuses weights that no LiteLLM may be given: 1.81 divides by their sum.
func checkWanted(r fleet.RouteSpec, after fleet.Weights) error {
	refuse := func(format string, args ...any) error {
		return &fleet.Error{
			Kind: fleet.KindInvalid, Op: "set weights of " + string(r.ID),
			Next: fmt.Sprintf(format, args...) + "; nothing was written",
		}
	}
	known := map[fleet.TargetID]bool{}
	for _, t := range r.Targets {
		known[t.ID] = true
	}
	for id, w := range after {
		switch {
		case !known[id]:
			return refuse("%s is no target of the route", id)
		case w < 0 || w > maxWeight:
			return refuse("the weight %d of %s is out of range", w, id)
		}
	}
	if len(after) > 0 && after.Sum() == 0 {
		return refuse("all weights would be 0, which LiteLLM answers with errors or an even spread")
	}
	return nil
}
