package litellm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"pitwall/fleet"
)

// LiteLLM stores keys and teams in one database, and each replica caches them. A call changes the database and the cache of the replica
// that takes it, so the same call, which is absolute, is made on every replica. Teams are blocked by /team/update: /team/block changes
// the database alone (1.81 to 1.106), and every replica would go on by its cache.

// told is which replicas took the newest call of a key or a team.
type told struct {
	mu   sync.Mutex
	last map[toldOf]tellOf    // what it was told
	seen map[toldOf]time.Time // when a replica that was not told was first seen to have something else stored
}

type toldOf struct {
	replica fleet.GatewayReplicaID
	of      fleet.KeyRef
	kind    fleet.KeyEditKind
}

// tellOf is a state in the words of the edit.
type tellOf struct {
	state string
	at    time.Time
}

func newTold() *told { return &told{last: map[toldOf]tellOf{}, seen: map[toldOf]time.Time{}} }

func (t *told) tell(r fleet.GatewayReplicaID, e fleet.KeyEdit, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := toldOf{r, e.Of, e.Kind}
	t.last[key] = tellOf{e.Wording(e.After), now}
	delete(t.seen, key)
}

// cached is until when a replica may go by another state than the stored one; zero for not at all. One that was never told of anything
// by this process has before in its cache, or nothing.
func (t *told) cached(r fleet.GatewayReplicaID, e fleet.KeyEdit, stored string, now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := toldOf{r, e.Of, e.Kind}
	has := e.Wording(e.Before)
	if l, known := t.last[key]; known && (now.Sub(l.at) < keyCache || l.state == e.Wording(e.After)) {
		has = l.state
	}
	if l := t.last[key]; stored == e.Wording(e.Before) && now.Sub(l.at) >= keyCache {
		has = stored // what it was told has left its cache
	}
	if has == stored {
		delete(t.seen, key)
		return time.Time{}
	}
	if t.seen[key].IsZero() {
		t.seen[key] = now
	}
	return t.seen[key].Add(keyCache)
}

// KeyStands implements fleet.KeyEditor.
func (g *gateway) KeyStands(ctx context.Context, e fleet.KeyEdit) []fleet.ReplicaStanding {
	out := make([]fleet.ReplicaStanding, len(g.replicas))
	var wg sync.WaitGroup
	for i, rep := range g.replicas {
		wg.Go(func() { out[i] = g.keyStanding(ctx, rep, e) })
	}
	wg.Wait()
	return out
}

func (g *gateway) keyStanding(ctx context.Context, rep replica, e fleet.KeyEdit) fleet.ReplicaStanding {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	s := fleet.ReplicaStanding{Replica: rep.spec.ID}
	row, _, err := rep.api.holderRow(ctx, e.Of)
	switch {
	case fleet.KindOf(err) == fleet.KindNotFound:
		s.At, s.Holds = fleet.StandsForeign, fleet.Concat(fleet.Text("no "), e.Of.Text())
		return s
	case err != nil:
		s.Err = err
		return s
	}
	now := row.state()
	if s.At = e.StandsAt(now); s.At == fleet.StandsForeign {
		s.Holds = fleet.Label(e.Wording(now))
		return s
	}
	s.Cached = g.told.cached(rep.spec.ID, e, e.Wording(now), g.clock.Now())
	return s
}

// EditKey implements fleet.KeyEditor.
func (g *gateway) EditKey(ctx context.Context, e fleet.KeyEdit) error {
	op := keyOp(e)
	if err := g.compareKey(ctx, e, op); err != nil {
		return err
	}
	errs := make([]error, len(g.replicas))
	var wg sync.WaitGroup
	for i, rep := range g.replicas {
		wg.Go(func() { errs[i] = g.tellKey(ctx, rep, e, op) })
	}
	wg.Wait()
	var first error
	for i, err := range errs {
		if err == nil {
			return nil // it is stored; who was not told shows in KeyStands
		}
		g.log.Warn("edit of a key refused", "replica", string(g.replicas[i].spec.ID), "error", err)
		first = cmpOr(first, err)
	}
	if first == nil {
		first = errors.New("the gateway has no replica")
	}
	return first
}

// compareKey refuses where somebody else changed it: LiteLLM compares nothing itself.
func (g *gateway) compareKey(ctx context.Context, e fleet.KeyEdit, op string) error {
	var first error
	for _, s := range g.KeyStands(ctx, e) {
		switch {
		case s.Err != nil:
			first = cmpOr(first, s.Err)
		case s.At == fleet.StandsForeign:
			return &fleet.Error{Kind: fleet.KindConflict, Op: op, Source: fleet.SourceID(s.Replica),
				Err:  fmt.Errorf("it stores %s, neither %s as planned on nor %s as wanted", s.Holds, e.Wording(e.Before), e.Wording(e.After)),
				Next: "someone else changed it; nothing was written"}
		default:
			return nil // all replicas read one database
		}
	}
	return first
}

func keyOp(e fleet.KeyEdit) string {
	switch {
	case e.Kind == fleet.KeyLimit:
		return "set the limits of " + e.Of.Text().String()
	case e.After.Blocked:
		return "block " + e.Of.Text().String()
	}
	return "unblock " + e.Of.Text().String()
}

// tellKey makes the call on one replica, and reads what is stored by it: LiteLLM answers 200 to what it drops, too.
func (g *gateway) tellKey(ctx context.Context, rep replica, e fleet.KeyEdit, op string) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	path, body := keyCall(e)
	reply, err := rep.api.client.Do(ctx, http.MethodPost, path, body)
	if err != nil {
		return rep.api.keyRefusal(op, e.Of, reply, err)
	}
	row, _, err := rep.api.holderRow(ctx, e.Of)
	if err != nil {
		return err
	}
	if now := row.state(); e.StandsAt(now) != fleet.StandsAfter {
		return &fleet.Error{Kind: fleet.KindServer, Op: op, Source: fleet.SourceID(rep.spec.ID),
			Next: "LiteLLM accepted it and stores " + fleet.Label(e.Wording(now)).String()}
	}
	g.told.tell(rep.spec.ID, e, g.clock.Now())
	return nil
}

// keyCall is the call of an edit, with what it changes and nothing else.
func keyCall(e fleet.KeyEdit) (path string, body map[string]any) {
	if e.Of.Team {
		path, body = "/team/update", map[string]any{"team_id": e.Of.ID}
	} else {
		path, body = "/key/update", map[string]any{"key": e.Of.ID}
	}
	b, a := &e.Before, &e.After
	switch {
	case e.Kind == fleet.KeyBlock && e.Of.Team:
		body["blocked"] = a.Blocked
	case e.Kind == fleet.KeyBlock && a.Blocked:
		path = "/key/block"
	case e.Kind == fleet.KeyBlock:
		path = "/key/unblock"
	default:
		if b.Budget.OK != a.Budget.OK || a.Budget.OK && !a.Budget.V.Amount().Equal(b.Budget.V.Amount()) {
			body["max_budget"] = nil
			if a.Budget.OK {
				body["max_budget"] = a.Budget.V.Amount().InexactFloat64()
			}
		}
		if b.Per != a.Per {
			body["budget_duration"] = nil
			if a.Per != "" {
				body["budget_duration"] = a.Per
			}
		}
		limit(body, "tpm_limit", b.TPM, a.TPM)
		limit(body, "rpm_limit", b.RPM, a.RPM)
	}
	return path, body
}

func limit(body map[string]any, name string, before, after fleet.Maybe[int64]) {
	switch {
	case before == after:
	case after.OK:
		body[name] = after.V
	default:
		body[name] = nil
	}
}
