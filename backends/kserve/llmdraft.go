package kserve

import (
	"context"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// llmMain is the container that serves, and llmSchemes are what its controller can load.
const llmMain = "main"

var llmSchemes = []string{"hf://", "s3://", "oci://", "oci+native://", "pvc://"}

func (s *llm) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return refusal(kind, do, s.ref, why)
}

func (s *llm) to(path string, after any) fleet.Field { return jsonptr.Set(s.doc, path, after) }

func (s *llm) write(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: s.ref, API: s.kind, UID: string(s.o.UID), Verb: fleet.WriteSet, Fields: fields, Text: text}
}

func (s *llm) draft(ctx context.Context, r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	if r.UID != "" && string(s.o.UID) != r.UID {
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another object has its name by now")
	}
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(ctx, r, w)
	case fleet.DoScale, fleet.DoHoldScaler:
		return s.scale(r, w)
	case fleet.DoRestart:
		return s.restart(ctx, r, w)
	case fleet.DoPromote, fleet.DoAdvance, fleet.DoAbandonRoll:
		return s.weigh(ctx, w)
	case fleet.DoTraffic:
		return s.split(ctx, w)
	case fleet.DoPause, fleet.DoResume:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do,
			"KServe cannot stop a roll where it is; put the new model into a second service of one traffic group, whose weight holds where it "+
				"is set")
	case fleet.DoFreeScaler:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "which minReplicas and maxReplicas it had is not kept by KServe; undo the "+
			"change that held it")
	default: // deeds of nodes
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "an LLMInferenceService can be upgraded, scaled, restarted, and weighed in "+
		"its group (promote, advance, abort)")
}

// upgrade changes this service alone: configurations that it refers to roll every service that does.
func (s *llm) upgrade(ctx context.Context, r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	switch {
	case len(w.Parts) > 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "one service rolls as a whole; for a canary apply a second one with the "+
			"same model name and the same "+
			"router.route.group, then move weights by advance, promote and abort")
	case w.Surge.OK:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "KServe 0.20 has no field for it: a quarter more is started, a quarter may "+
			"be away; leave --surge out")
	case w.Version != "":
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "KServe keeps no version to go back to; undo the change that brought this "+
			"one, or name the model of before")
	case w.Container != "" && w.Container != llmMain:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "its container is called "+llmMain+"; name no other")
	}
	fields, said, err := s.model(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	more, words, err := s.container(ctx, w)
	if err != nil {
		return fleet.Draft{}, err
	}
	if fields = append(fields, more...); len(fields) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it is as wanted already")
	}
	text := fleet.Join(append(said, words...), fleet.Text("; "))
	beside, err := s.beside(ctx)
	if err != nil {
		return fleet.Draft{}, err
	}
	d := fleet.Draft{Extra: r.Surge.Extra*r.GPUsEach + beside, Down: r.Surge.Missing, Stages: []fleet.Stage{{Text: text,
		Writes: []fleet.ObjectWrite{s.write(text, fields...)}, Until: fleet.Until{Done: true}}}}
	if s.o.Spec.Model.Name == "" {
		d.Notes = append(d.Notes, fleet.Textf("clients keep calling it %s", fleet.Quote(s.served())))
	}
	if len(s.parts()) > 1 {
		d.Notes = append(d.Notes, fleet.Text("all of its parts roll: leaders and workers, and what fills prompts (prefill)"))
	}
	if w.Image != "" {
		d.Notes = append(d.Notes, fleet.Text("presets and configurations that other services share are not touched: the image is set on "+
			"this service"))
	}
	return d, nil
}

// model changes where the weights come from, never the name that clients call.
func (s *llm) model(w fleet.Want) ([]fleet.Field, []fleet.Safe, error) {
	old := s.o.Spec.Model.URI
	next := old
	if w.Weights != "" {
		if next = w.Weights; !strings.Contains(next, "://") {
			next = hub + next
		}
	}
	if w.Revision != "" {
		if !strings.HasPrefix(next, hub) {
			return nil, nil, s.no(fleet.KindUnsupported, w.Do, "a revision is known of models of the hub (hf://) only; name the whole storage URI")
		}
		model, _, _ := cutRevision(next)
		next = model + ":" + w.Revision
	}
	if next == old {
		return nil, nil, nil
	}
	if !slices.ContainsFunc(llmSchemes, func(scheme string) bool { return strings.HasPrefix(next, scheme) }) {
		return nil, nil, s.no(fleet.KindInvalid, w.Do, "it loads "+strings.Join(llmSchemes, ", ")+" and nothing else")
	}
	return []fleet.Field{s.to("/spec/model/uri", next)}, []fleet.Safe{fleet.Textf("model: %s -> %s", orNone(old), fleet.Quote(next))}, nil
}

// container changes image and flags of the main container of each part, over those of its presets: parts of one service that ran
// different engines would not understand each other.
func (s *llm) container(ctx context.Context, w fleet.Want) ([]fleet.Field, []fleet.Safe, error) {
	if w.Image == "" && len(w.Args) == 0 {
		return nil, nil, nil
	}
	var fields []fleet.Field
	var said []fleet.Safe
	for _, p := range s.parts() {
		more, words, err := s.partly(ctx, p, w)
		if err != nil {
			return nil, nil, err
		}
		if fields = append(fields, more...); len(more) > 0 && len(said) == 0 {
			said = words
		}
	}
	return fields, said, nil
}

// partly changes the container of one part. A list of arguments takes the place of a preset's, so it is only made where the
// preset's command passes on what comes behind it.
func (s *llm) partly(ctx context.Context, p llmPart, w fleet.Want) ([]fleet.Field, []fleet.Safe, error) {
	template, _ := jsonptr.Find(s.doc, p.at)
	list, _ := jsonptr.Find(template, "/containers")
	all, _ := list.([]any)
	at := slices.IndexFunc(all, func(c any) bool { return jsonptr.Text(c, "/name") == llmMain })
	whole := template
	if at < 0 {
		at, whole = len(all), jsonptr.With(template, "/containers", append(slices.Clone(all), map[string]any{"name": llmMain}))
	}
	if own, _ := jsonptr.Find(whole, "/containers/"+itoa(at)+"/args"); len(w.Args) > 0 && own == nil {
		passed, err := s.passesOn(ctx, p.workload)
		if err != nil {
			return nil, nil, err
		}
		if !passed {
			return nil, nil, s.no(fleet.KindUnsupported, w.Do, "its arguments come from a preset, and a list of its own would take the place "+
				"of all of them; copy them into the args of container main of "+p.words()+" first")
		}
	}
	t, err := podspec.New(map[string]any{"spec": whole}, "")
	if err != nil {
		return nil, nil, err
	}
	next, said, err := t.Behind().Edit(fleet.Want{Container: llmMain, Image: w.Image, Args: w.Args}, true)
	if err != nil {
		return nil, nil, err
	}
	after, _ := jsonptr.Find(next.Doc(), "/spec")
	return jsonptr.Diff(p.at, template, after), said, nil
}

// passesOn tells whether the command of its pods ends with --, as that of the presets since 0.20 does: what follows goes to
// the engine.
func (s *llm) passesOn(ctx context.Context, w workload) (bool, error) {
	if w.Kind != child.DeploymentKind.Kind {
		return false, nil
	}
	ref := fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: w.Kind, Namespace: s.ref.Namespace, Name: w.Name}
	doc, err := child.Document(ctx, s.c, child.DeploymentKind, ref)
	if err = child.PassOver(err); err != nil || doc == nil {
		return false, err
	}
	t, err := podspec.New(doc, "/spec/template")
	if err != nil {
		return false, err
	}
	for _, c := range t.Pod().Spec.Containers {
		if n := len(c.Command); c.Name == llmMain && n > 0 && c.Command[n-1] == "--" && len(c.Args) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// mainImage is the image that the service itself says of a part, "" where a preset does.
func (s *llm) mainImage(p llmPart) string {
	list, _ := jsonptr.Find(s.doc, p.at+"/containers")
	all, _ := list.([]any)
	for _, c := range all {
		if jsonptr.Text(c, "/name") == llmMain {
			return jsonptr.Text(c, "/image")
		}
	}
	return ""
}

func (s *llm) scale(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	n := w.Replicas.Or(r.Desired)
	sc := s.o.Spec.Scaling
	switch {
	case w.Do == fleet.DoScale && !w.Replicas.OK || n < 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "how many replicas are wanted is not said")
	case w.Do == fleet.DoHoldScaler && sc == nil:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "nothing scales it by itself")
	case sc != nil && n == 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "an autoscaled service keeps one replica at the least; annotation "+
			""+stopMark+": \"true\" ends all")
	}
	var fields []fleet.Field
	text := fleet.Textf("replicas: %s -> %s", fleet.Int(r.Desired), fleet.Int(n))
	if sc != nil {
		fields = []fleet.Field{s.to("/spec/scaling/minReplicas", n), s.to("/spec/scaling/maxReplicas", n)}
		text = fleet.Textf("minReplicas and maxReplicas -> %s", fleet.Int(n))
	} else {
		fields = []fleet.Field{s.to("/spec/replicas", n)}
	}
	if !slices.ContainsFunc(fields, func(f fleet.Field) bool { return !f.Before.Equal(f.After) }) {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it has "+itoa(n)+" replicas already")
	}
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, fields...)},
		Until: fleet.Until{Done: r.Phase == fleet.RolloutDone}}}, Extra: max(n-r.Desired, 0) * r.GPUsEach, Down: max(r.Desired-n, 0)}, nil
}

// restart writes where annotations go to pods: those of the object itself do not, and what fills prompts has its own.
func (s *llm) restart(ctx context.Context, r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	at := w.Stamp.UTC().Format(time.RFC3339)
	text := fleet.Textf("restart at %s", fleet.Quote(at))
	var fields []fleet.Field
	for _, p := range s.parts() {
		if !slices.ContainsFunc(fields, func(f fleet.Field) bool { return f.Path == p.stamp }) {
			fields = append(fields, s.to(p.stamp, at))
		}
	}
	beside, err := s.beside(ctx)
	stage := fleet.Stage{Text: text, Writes: []fleet.ObjectWrite{s.write(text, fields...)}, Until: fleet.Until{Done: true}}
	return fleet.Draft{Stages: []fleet.Stage{stage},
		Extra: r.Surge.Extra*r.GPUsEach + beside, Down: r.Surge.Missing,
		NoUndo: fleet.Text("a restart is not taken back: the version is the same")}, err
}
