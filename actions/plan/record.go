package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"pitwall/actions"
	"pitwall/fleet"
)

// Digest is SHA-256 over the canonical JSON (RFC 8785) of the plan without its digest. It is "" for a plan
// that has no JSON form, which no plan of this package is.
func Digest(p actions.Plan) string {
	p.Digest = ""
	body, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	canonical, err := jcs.Transform(body)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// Resync plans that one gateway replica takes over the stored state again; no weight changes.
func Resync(in actions.Intent, s *fleet.Snapshot, now time.Time) (actions.Plan, error) {
	p, r, err := begin(in, s, now)
	if err != nil {
		return actions.Plan{}, err
	}
	i := slices.IndexFunc(r.Replicas, func(v fleet.RouteReplica) bool { return v.ID == in.Replica })
	if i < 0 {
		return actions.Plan{}, refuse(fmt.Errorf("route %q has no gateway replica %q", r.Spec.ID, in.Replica))
	}
	if !r.Replicas[i].Differs && !r.Replicas[i].Stale {
		return actions.Plan{}, refuse(fmt.Errorf("gateway replica %q holds what the others hold: nothing to resync",
			in.Replica))
	}
	p.After, p.AfterHash = p.Before.Clone(), p.BeforeHash
	p.Steps = []actions.Step{{N: 1, Before: p.Before, BeforeHash: p.BeforeHash, After: p.After, AfterHash: p.AfterHash,
		Replica: in.Replica}}
	p.Soak = min(p.Soak, time.Minute) // nothing moves but the one that lagged
	p.Effects = effects(&p, r, s)
	p.BurnNow, p.BurnThen = s.Totals.Burn, s.Totals.Burn
	return seal(p)
}

// Undo is the intent that restores what a change found: a new plan is made of it, with the same
// checks and the same confirmation.
func Undo(c actions.Change, actor actions.Actor) (actions.Intent, error) {
	switch c.Plan.Intent.Kind {
	case actions.KindSilence:
		return undoSilence(c, actor)
	case actions.KindExpire:
		return actions.Intent{}, refuse(errors.New("a silence that ended does not come back: set a new one with pitwall silence"))
	default:
	}
	if c.Plan.Work != nil {
		return undoWork(c, actor)
	}
	if c.Plan.Edit != nil {
		return undoEdit(c, actor)
	}
	if c.Plan.Intent.Kind != actions.KindShift {
		return actions.Intent{}, refuse(errors.New("a resync changes no weight: there is nothing to undo"))
	}
	if c.Step == 0 {
		return actions.Intent{}, refuse(errors.New("the change wrote nothing: there is nothing to undo"))
	}
	back := c.Plan.Before.Clone()
	for id := range c.Plan.After {
		if _, had := back[id]; !had {
			back[id] = 0 // it had no weight, which counts as none
		}
	}
	return actions.Intent{Kind: actions.KindShift, Route: c.Plan.Intent.Route, Weights: back,
		Ramp: c.Plan.Intent.Ramp, Guard: c.Plan.Intent.Guard, Undoes: c.ID, Actor: actor,
		Reason: "undo " + string(c.ID)}, nil
}

// Twin is the same as a command line, quoted for a shell, "" where there is none.
func Twin(in actions.Intent, order []fleet.TargetID) string {
	switch {
	case in.Failover != nil:
		return twinFailover(in.Failover)
	case in.Kind == actions.KindResync:
		return "pitwall resync " + quote(string(in.Route)) + " " + quote(string(in.Replica)) + " --dry-run"
	case in.Undoes != "":
		return "pitwall undo " + quote(string(in.Undoes)) + " --dry-run"
	case in.Kind == actions.KindExpire:
		return "" // no command ends a silence that pitwall did not set
	case in.Silence != nil:
		return twinSilence(in)
	case in.Work != nil:
		return twinWork(in)
	case in.Edit != nil:
		return twinEdit(in)
	case in.Key != nil:
		return twinKey(in)
	}
	parts := []string{"pitwall shift", quote(string(in.Route))}
	for _, id := range order {
		if v, ok := in.Weights[id]; ok {
			parts = append(parts, quote(fmt.Sprintf("%s=%d", id, v)))
		}
	}
	if len(parts) == 2 {
		return "" // nothing is wanted yet: such a command would be refused
	}
	return strings.Join(append(parts, "--dry-run"), " ")
}

// twinFailover is a whole failover as a command line: its parts start together.
func twinFailover(f *actions.FailoverPart) string {
	switch f.Stage {
	case actions.StageSettle:
		return "pitwall failover --settle " + quote(f.ID) + " --dry-run"
	case actions.StageReturn:
		return "pitwall failover --return " + quote(f.ID) + " --dry-run"
	case actions.StageWarm:
		return "" // it is a part of the failover that it belongs to
	default:
	}
	from := "--" + string(f.Origin.Kind) + " " + quote(f.Origin.ID)
	if f.Runbook != "" {
		from = "--runbook " + quote(f.Runbook)
	} else if f.Origin.Kind == actions.OriginRoute {
		from = quote(f.Origin.ID)
		for _, id := range f.Origin.Targets {
			from += " --away " + quote(string(id))
		}
	}
	return "pitwall failover " + from + " --split " + quote(string(f.Split)) + " --dry-run"
}

func quote(s string) string {
	plain := strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:@", r))
	}) < 0
	if plain && s != "" && !strings.HasPrefix(s, "-") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
