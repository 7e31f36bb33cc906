package yatai

import (
	"context"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

func (s *scene) to(path string, after any) fleet.Field { return jsonptr.Set(s.doc, path, after) }

func (s *scene) write(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: s.ref, API: kind, UID: string(s.o.UID), Verb: fleet.WriteSet, Fields: fields, Text: text}
}

func one(write fleet.ObjectWrite) fleet.Draft {
	return fleet.Draft{Stages: []fleet.Stage{{Text: write.Text, Writes: []fleet.ObjectWrite{write}, Until: fleet.Until{Done: true}}}}
}

// upgrade names another Bento.
func (s *scene) upgrade(ctx context.Context, r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	switch {
	case len(w.Parts) > 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Yatai splits no traffic; for a canary put a second BentoDeployment behind one "+
			"HTTPRoute and set its weights; leave --canary out")
	case w.Image != "" || len(w.Args) > 0 || w.Container != "":
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "image and flags are those of its Bento; build another one, and name it as "+
			"--model")
	case w.Surge.OK && w.Surge.V > 1:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Yatai knows a surge of 1, with none away, and of 0, with a fifth away; leave "+
			"--surge out for a quarter of each")
	}
	next, b, err := s.wanted(ctx, w)
	if err != nil {
		return fleet.Draft{}, err
	}
	if next == s.o.Spec.Bento {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it is as wanted already")
	}
	text := fleet.Textf("bento: %s -> %s", fleet.Quote(s.o.Spec.Bento), fleet.Quote(next))
	fields := []fleet.Field{s.to("/spec/bento", next)}
	d := fleet.Draft{Extra: r.Surge.Extra * r.GPUsEach, Down: max(r.Surge.Missing, r.Desired-1)}
	if w.Surge.OK {
		strategy, extra := "BestEffortControlledRollout", 0
		if w.Surge.V == 1 {
			strategy, extra = "RampedSlowRollout", 1
		}
		fields = append(fields, s.to("/spec"+jsonptr.Path("annotations", strategyMark), strategy))
		d.Extra = extra * r.GPUsEach
	}
	d.Stages = one(s.write(text, fields...)).Stages
	if r.Desired > 1 {
		d.Notes = append(d.Notes, fleet.Textf("Yatai writes its Deployment anew without a number of replicas, which is 1 then: it falls from %s "+
			"until its autoscaler raises it again", fleet.Int(r.Desired)))
	}
	if b == nil {
		d.To = fleet.Version{ID: next, Name: fleet.Label(next)}
		d.Notes = append(d.Notes, fleet.Textf("Bento %s is not built yet: nothing rolls before it is", fleet.Quote(next)))
		return d, nil
	}
	d.To = b.version()
	d.To.Served = r.Now.Served
	return d, nil
}

// wanted finds the Bento that is meant: by the name of its object, by its tag, or by a version of the same repository. It is nil
// while it is not there: a BentoRequest builds it.
func (s *scene) wanted(ctx context.Context, w fleet.Want) (name string, b *bento, err error) {
	want := s.named(w)
	if want == "" {
		return "", nil, s.no(fleet.KindInvalid, w.Do, "which Bento is wanted is not said: name its tag or object as --model, or its version "+
			"as --revision")
	}
	list, err := s.bentoes(ctx)
	if err != nil && fleet.KindOf(err) != fleet.KindNotFound {
		return "", nil, err
	}
	var tags []string
	for _, x := range list {
		if x.Name == want || x.Spec.Tag == want {
			return x.Name, x, nil
		}
		if s.bento == nil || x.repository() == s.bento.repository() {
			tags = append(tags, fleet.Quote(x.Spec.Tag).String())
		}
	}
	if !strings.Contains(want, ":") {
		_, err = child.Document(ctx, s.c, requestKind, fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: requestKind.Kind, Namespace: s.ref.Namespace,
			Name: want})
		if err == nil {
			return want, nil, nil
		}
		if err = child.PassOver(err); err != nil {
			return "", nil, err
		}
	}
	return "", nil, s.no(fleet.KindInvalid, w.Do, "its namespace has no Bento "+fleet.Quote(want).String()+there(tags))
}

// named is what a person called the Bento: its object, or its tag.
func (s *scene) named(w fleet.Want) string {
	want := w.Version
	if want == "" {
		want = w.Weights
	}
	if w.Revision == "" {
		return want
	}
	if want == "" && s.bento != nil {
		want = s.bento.repository()
	}
	return want + ":" + w.Revision
}

func there(tags []string) string {
	if len(tags) == 0 {
		return ""
	}
	return "; there are " + strings.Join(tags[:min(len(tags), mostRuns)], ", ")
}

// scale sets both bounds of the autoscaler that Yatai makes: it sets back what is done to the autoscaler itself.
func (s *scene) scale(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	n := w.Replicas.Or(r.Desired)
	low, high := s.o.bounds()
	switch {
	case w.Do == fleet.DoScale && !w.Replicas.OK || n < 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "how many replicas are wanted is not said")
	case n == 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "its autoscaler keeps one replica at the least; delete the BentoDeployment to "+
			"end all")
	case low == n && high == n:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "both of its bounds are "+strconv.Itoa(n)+" already")
	}
	d := one(s.write(fleet.Textf("minReplicas: %s -> %s, maxReplicas: %s -> %s", fleet.Int(low), fleet.Int(n), fleet.Int(high), fleet.Int(n)),
		s.to("/spec/autoscaling/minReplicas", n), s.to("/spec/autoscaling/maxReplicas", n)))
	d.Stages[0].Until.Done = r.Phase == fleet.RolloutDone
	d.Extra, d.Down = max(n-r.Desired, 0)*r.GPUsEach, max(r.Desired-n, 0)
	d.Notes = []fleet.Safe{fleet.Text("min and max are the same then: it does not scale by itself until this is undone")}
	if len(s.runners) > 0 {
		d.Notes = append(d.Notes, fleet.Text("its runners keep their own numbers"))
	}
	return d, nil
}

// restart writes an annotation that goes to all pods, but to those of runners that have annotations of their own.
func (s *scene) restart(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	at := w.Stamp.UTC().Format(time.RFC3339)
	d := one(s.write(fleet.Textf("restart at %s", fleet.Quote(at)),
		s.to("/spec"+jsonptr.Path("extraPodMetadata", "annotations", restartMark), at)))
	d.Extra, d.Down = r.Surge.Extra*r.GPUsEach, max(r.Surge.Missing, r.Desired-1)
	if len(s.o.Spec.Runners) > 0 {
		d.Notes = append(d.Notes, fleet.Text("its runners are restarted too, but for those with extraPodMetadata of their own"))
	}
	d.NoUndo = fleet.Text("a restart is not taken back: the version is the same")
	return d, nil
}
