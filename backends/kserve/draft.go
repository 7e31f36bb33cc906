package kserve

import (
	"context"
	"math"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

func (s *service) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return refusal(kind, do, s.ref, why)
}

func (s *service) to(path string, after any) fleet.Field { return jsonptr.Set(s.doc, path, after) }

// write is a write on the service.
func (s *service) write(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: s.ref, API: isvcKind, UID: string(s.o.UID), Verb: fleet.WriteSet, Fields: fields, Text: text}
}

func (s *service) draft(ctx context.Context, r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	m := s.o.mode()
	switch {
	case r.UID != "" && string(s.o.UID) != r.UID:
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another object has its name by now")
	case m != knative && m != standard:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "in which mode it is decides what is written, and it is in neither Knative "+
			"nor Standard mode, as far as is known")
	case !s.o.frozen().IsEmpty():
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, s.o.frozen().String()+"; take the annotation away first")
	}
	d, err := s.deed(ctx, r, w)
	if err != nil || s.o.Annotations[frozenMark] != "true" {
		return d, err
	}
	return s.thawed(w.Do, d)
}

// thawed looks at what is drafted for a service that has the mark which freezes it, and is not Ready: its first write may make it
// Ready, and from then on KServe looks at none.
func (s *service) thawed(do fleet.Deed, d fleet.Draft) (fleet.Draft, error) {
	if writes := len(d.Stages); writes > 1 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, do, "it takes "+itoa(writes)+" writes one after the other, and annotation "+frozenMark+
			" makes KServe pass over all that come after it is Ready; take the annotation away first")
	}
	d.Notes = append(d.Notes, fleet.Text("annotation "+frozenMark+" is set: KServe looks at its spec only while it is not Ready, so an undo "+
		"has no effect after that until the annotation is taken away"))
	return d, nil
}

func (s *service) deed(ctx context.Context, r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(ctx, r, w)
	case fleet.DoScale, fleet.DoHoldScaler:
		return s.scale(r, w)
	case fleet.DoRestart:
		return s.restart(r, w)
	case fleet.DoPromote:
		return s.promote(r)
	case fleet.DoAdvance:
		return s.advance(w)
	case fleet.DoTraffic:
		return s.weigh(w)
	case fleet.DoAbandonRoll:
		return s.abandon()
	case fleet.DoPause, fleet.DoResume:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "KServe cannot stop a roll where it is; upgrade with --canary, which holds "+
			"at each share until it is promoted or aborted")
	case fleet.DoFreeScaler:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "which minReplicas and maxReplicas it had is not kept by KServe; undo the "+
			"change that held it")
	default: // deeds of nodes
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "an InferenceService can be upgraded, scaled, restarted, promoted, advanced "+
		"and aborted")
}

func (s *service) upgrade(ctx context.Context, r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	next, said, err := s.block.edit(w, func(k fleet.Kind, why string) error { return s.no(k, w.Do, why) })
	if err != nil {
		return fleet.Draft{}, err
	}
	fields := append(s.changes(next), s.workerImage(w)...)
	if len(fields) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it is as wanted already")
	}
	text := fleet.Join(said, fleet.Text("; "))
	var d fleet.Draft
	switch {
	case s.o.mode() == knative:
		d, err = s.byRevision(r, w, text, fields)
	case len(w.Parts) > 0:
		d, err = s.byCanary(ctx, r, w, text, next)
	default:
		d, err = s.byRolling(r, w, text, fields)
	}
	if err != nil {
		return fleet.Draft{}, err
	}
	by, err := s.readBase(ctx)
	if err != nil {
		return fleet.Draft{}, err
	}
	d.Notes = append(d.Notes, s.notes(w)...)
	if why := s.unproven(next, by); !why.IsEmpty() {
		d.Notes = append(d.Notes, why)
	}
	return d, nil
}

// workerImage gives the workers of a predictor on several nodes the image of its head: theirs comes from the runtime otherwise, and
// two engines would not understand each other.
func (s *service) workerImage(w fleet.Want) []fleet.Field {
	const at = "/spec/predictor/workerSpec"
	before, _ := jsonptr.Find(s.doc, at)
	if !s.o.Spec.Predictor.multiNode() || w.Image == "" {
		return nil
	}
	after := jsonptr.With(before, "/containers", []any{map[string]any{"name": workerName, "image": w.Image}})
	if list, _ := jsonptr.Find(before, "/containers/0"); list != nil {
		after = jsonptr.With(before, "/containers/0/image", w.Image)
	}
	return jsonptr.Diff(at, before, after)
}

// changes are the fields that make the predictor's block another one.
func (s *service) changes(next block) []fleet.Field {
	return jsonptr.Diff("/spec/predictor"+s.block.at, s.block.value, next.value)
}

// notes say what belongs to others: a runtime rolls every service that uses it, so only this service is written.
func (s *service) notes(w fleet.Want) []fleet.Safe {
	var list []fleet.Safe
	by := s.o.Status.SharedRuntime
	if by == "" {
		by = s.o.Status.Runtime
	}
	if by != "" && (w.Image != "" || len(w.Args) > 0) {
		list = append(list, fleet.Textf("runtime %s, which other services may use, is not touched: image and flags are set on this service "+
			"and come behind its own",
			fleet.Quote(by)))
	}
	if s.o.mode() == standard && s.o.Spec.Predictor.Percent != nil {
		list = append(list, fleet.Text("canaryTrafficPercent is set and does nothing: in Standard mode KServe ignores it"))
	}
	return list
}

// byRolling changes the predictor in place: its Deployment rolls.
func (s *service) byRolling(r *fleet.Rollout, w fleet.Want, text fleet.Safe, fields []fleet.Field) (fleet.Draft, error) {
	if len(s.o.Spec.Canary) > 0 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a canary serves beside it: promote it or abort first")
	}
	d := fleet.Draft{Extra: r.Surge.Extra * r.GPUsEach, Down: r.Surge.Missing}
	if w.Surge.OK {
		if s.o.Spec.Predictor.multiNode() {
			return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a predictor on several nodes is replaced with a whole second set: KServe "+
				"forces that")
		}
		away := 0
		if w.Surge.V == 0 {
			away = 1
		}
		fields = append(fields, s.to("/spec/predictor/deploymentStrategy", map[string]any{"type": "RollingUpdate",
			"rollingUpdate": map[string]any{"maxSurge": w.Surge.V, "maxUnavailable": away}}))
		d.Extra, d.Down = w.Surge.V*r.GPUsEach, away
		d.Notes = append(d.Notes, fleet.Text("deploymentStrategy stays as it is set here until the change is undone"))
	}
	d.Stages = []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, fields...)}, Until: fleet.Until{Done: true}}}
	return d, nil
}

// scale sets both ends between which KServe's autoscaler moves, since that would undo anything else. In Knative mode they are
// part of the revision: all pods are made anew.
func (s *service) scale(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	n := w.Replicas.Or(r.Desired)
	p := &s.o.Spec.Predictor
	switch {
	case w.Do == fleet.DoScale && !w.Replicas.OK || n < 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "how many replicas are wanted is not said")
	case n == 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "it keeps one replica at the least; annotation "+stopMark+": \"true\" ends "+
			"all, with its route")
	case p.least() == n && int(p.Max) == n:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "minReplicas and maxReplicas are "+itoa(n)+" already")
	case len(s.o.Spec.Canary) > 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a canary serves beside it: promote it or abort first")
	case p.multiNode():
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "it runs on several nodes: KServe would add heads and none of their workers")
	case s.o.mode() == standard && s.o.Annotations[scalerMark] == "external":
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "annotation "+scalerMark+" leaves its replicas to somebody else's autoscaler, "+
			"so its bounds do nothing; hold that one, or scale Deployment "+fleet.Quote(s.childName(p.Name)).String())
	}
	fields := []fleet.Field{s.to("/spec/predictor/minReplicas", n)}
	text := fleet.Textf("minReplicas: %s -> %s", fleet.Int(p.least()), fleet.Int(n))
	if s.o.Annotations[scalerMark] != "none" || p.Max != 0 && n > int(p.Max) {
		fields = append(fields, s.to("/spec/predictor/maxReplicas", n))
		text = fleet.Textf("%s, maxReplicas: %s -> %s", text, fleet.Int(int(p.Max)), fleet.Int(n))
	}
	d := fleet.Draft{Extra: max(n-r.Desired, 0) * r.GPUsEach, Down: max(r.Desired-n, 0)}
	d.Stages = []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, fields...)},
		Until: fleet.Until{Done: r.Phase == fleet.RolloutDone}}}
	if s.o.mode() == knative {
		d.Extra, d.Down = n*r.GPUsEach, 0
		d.Notes = append(d.Notes, fleet.Text("in Knative mode this makes a new revision: every replica loads its weights again beside those "+
			"that serve"))
	} else {
		d.Notes = append(d.Notes, fleet.Text("min and max are the same then: it does not scale by itself until this is undone"))
	}
	return d, nil
}

func (s *service) restart(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	if len(s.o.Spec.Canary) > 0 || s.o.mode() == knative && s.o.Spec.Predictor.Percent != nil && *s.o.Spec.Predictor.Percent < 100 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a canary is open: promote it or abort first")
	}
	at := w.Stamp.UTC().Format(time.RFC3339)
	text := fleet.Textf("restart at %s", fleet.Quote(at))
	write := s.write(text, s.to("/spec/predictor"+jsonptr.Path("annotations", restartMark), at))
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{write}, Until: fleet.Until{Done: true}}},
		Extra: r.Surge.Extra * r.GPUsEach, Down: r.Surge.Missing, NoUndo: fleet.Text("a restart is not taken back: the version is the same")}, nil
}

func (s *service) promote(r *fleet.Rollout) (fleet.Draft, error) {
	if s.o.mode() == knative {
		return s.promoteRevision()
	}
	return s.promoteCanary(r)
}

// advance gives an open canary another share.
func (s *service) advance(w fleet.Want) (fleet.Draft, error) {
	if len(w.Parts) != 1 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do,
			"KServe keeps no list of steps; an upgrade with --canary 10,50 goes through shares, promote gives the canary everything, abort "+
				"takes its traffic back")
	}
	if s.o.mode() == knative {
		return s.shareRevision(w.Do, percent(w.Parts[0]))
	}
	return s.shareCanary(percent(w.Parts[0]))
}

func (s *service) abandon() (fleet.Draft, error) {
	if s.o.mode() == knative {
		return s.abandonRevision()
	}
	if len(s.o.Spec.Canary) == 0 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, fleet.DoAbandonRoll,
			"no canary is open; in Standard mode a roll has no traffic to give back: undo the change that began it")
	}
	text := fleet.Textf("canary %s: %s %% -> gone", fleet.Quote(s.o.Spec.Canary[0].Predictor.Name), fleet.Int(s.o.Spec.Canary[0].Percent))
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, s.to("/spec/canary", nil))},
		Until: fleet.Until{Done: true}}}}, nil
}

// percent is a share as KServe writes it, at least 1.
func percent(p fleet.Ratio) int { return min(max(int(math.Round(float64(p)*100)), 1), 100) }
