package workloads

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// upgrade drafts a change of what the replicas run.
func (s *scene) upgrade(ctx context.Context, w fleet.Want) (fleet.Draft, error) {
	if err := s.canRoll("an upgrade"); err != nil {
		return fleet.Draft{}, err
	}
	e := s.sheet()
	text, next, err := s.change(e, w)
	if err != nil {
		return fleet.Draft{}, err
	}
	if !e.changes() {
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, "it asks for that already")
	}
	d, err := s.stages(e, text, w)
	if err != nil {
		return fleet.Draft{}, err
	}
	d.To = next.Version()
	d.Notes = append(d.Notes, s.changedNames(next)...)
	d.Notes = append(d.Notes, s.rollNotes(ctx, &d)...)
	if s.kind == statefulSetKind && w.Version != "" {
		s.evictBroken(&d)
	}
	return d, nil
}

// canRoll refuses what would set a template and move nothing, or move something else with it.
func (s *scene) canRoll(what string) error {
	switch {
	case s.how.byHand:
		return s.refuse(fleet.KindUnsupported, "its strategy is OnDelete: "+what+" would change the template, and no pod until each is "+
			"deleted by hand; set updateStrategy RollingUpdate first")
	case s.how.pausedAt != "" && !s.quiet.IsEmpty():
		return s.refuse(fleet.KindUnsupported, "it is "+s.quiet.String()+"; resume it first, or take back the change that paused it")
	case s.held != nil:
		return s.refuse(fleet.KindUnsupported, "a canary holds it at "+fleet.Int(s.part).String()+" new replicas; resume it first, or take "+
			"back the change that made it")
	case s.how.partition > 0:
		return s.refuse(fleet.KindUnsupported, "its partition of "+fleet.Int(s.how.partition).String()+
			" holds replicas back; resume it first, or take back the change that set it")
	case s.out.Phase == fleet.RolloutUnseen:
		return s.refuse(fleet.KindConflict, "its last change is not seen yet: "+s.out.Why.String())
	}
	return nil
}

// change puts what is wanted into the templates and words it.
func (s *scene) change(e *sheet, w fleet.Want) (text fleet.Safe, main podspec.Template, err error) {
	if w.Version != "" {
		return s.restore(e, w)
	}
	if w.Image == "" && w.Weights == "" && w.Revision == "" && len(w.Args) == 0 {
		return fleet.Safe{}, s.main, s.refuse(fleet.KindInvalid, "nothing is wanted: give an image, a model, a revision, a flag or a version")
	}
	main, said, err := s.main.Edit(w, true)
	if err != nil {
		return fleet.Safe{}, main, err
	}
	if main, err = s.unvouched(main); err != nil {
		return fleet.Safe{}, main, err
	}
	e.replace(s.main.At, main.Doc())
	for _, t := range s.beside {
		own := w
		if own.Image != "" && !s.sameRepository(&t, w.Container) {
			own.Image = "" // of another program
		}
		next, more, err := t.Edit(own, false)
		if err != nil {
			return fleet.Safe{}, main, err
		}
		for _, m := range more {
			said = append(said, fleet.Textf("workers: %s", m))
		}
		e.replace(t.At, next.Doc())
	}
	return fleet.Join(said, fleet.Text("; ")), main, nil
}

// unvouched takes from a template with other weights what it says of the weights before: whoever vouched for those said
// nothing of these.
func (s *scene) unvouched(next podspec.Template) (podspec.Template, error) {
	was, will := s.main.Version(), next.Version()
	if was.Weights == will.Weights && was.Revision == will.Revision {
		return next, nil
	}
	doc := jsonptr.With(s.doc, s.main.At, next.Doc())
	for _, name := range []string{fleet.AnnotationManifest, fleet.AnnotationSigned} {
		at := s.main.At + jsonptr.Path("metadata", "annotations", name)
		if _, there := jsonptr.Find(doc, at); there {
			doc = jsonptr.With(doc, at, nil)
		}
	}
	return podspec.New(doc, s.main.At)
}

// sameRepository tells whether leaders and workers run one program.
func (s *scene) sameRepository(t *podspec.Template, container string) bool {
	a, b := imageOf(s.main.Pod(), container), imageOf(t.Pod(), container)
	return a != "" && repository(a) == repository(b)
}

func imageOf(t *corev1.PodTemplateSpec, container string) string {
	if container == "" {
		if c := podspec.Serving(&t.Spec, t.Annotations); c != nil {
			return c.Image
		}
	}
	for i := range t.Spec.Containers {
		if t.Spec.Containers[i].Name == container {
			return t.Spec.Containers[i].Image
		}
	}
	return ""
}

func repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if at := strings.LastIndexByte(image, ':'); at > strings.LastIndexByte(image, '/') {
		image = image[:at]
	}
	return image
}

// restore puts a remembered template back.
func (s *scene) restore(e *sheet, w fleet.Want) (fleet.Safe, podspec.Template, error) {
	if w.Image != "" || w.Weights != "" || w.Revision != "" || len(w.Args) > 0 {
		return fleet.Safe{}, s.main, s.refuse(fleet.KindInvalid, "a version is restored as it was; change it afterwards")
	}
	if s.kind == groupSetKind {
		return fleet.Safe{}, s.main, s.refuse(fleet.KindUnsupported, "a LeaderWorkerSet keeps no older versions: undo the change that "+
			"replaced it, whose journal holds what was before")
	}
	i := slices.IndexFunc(s.past, func(p past) bool { return p.version.ID == w.Version })
	if i < 0 {
		why := "it remembers no version " + w.Version
		if w.Version == s.out.Now.ID {
			why = "it asks for " + w.Version + " already"
		}
		return fleet.Safe{}, s.main, s.refuse(fleet.KindInvalid, why)
	}
	p := s.past[i]
	main, err := podspec.New(jsonptr.With(e.doc, s.main.At, p.template), s.main.At)
	if err != nil {
		return fleet.Safe{}, s.main, err
	}
	e.replace(s.main.At, p.template)
	return fleet.Textf("template back to %s: image %s, model %s", p.version.Name, p.version.Image, known(p.version.Weights)), main, nil
}

func known(s fleet.Safe) fleet.Safe {
	if s.IsEmpty() {
		return fleet.Text("unknown")
	}
	return s
}

// evictBroken adds what OrderedReady needs: it waits for a broken pod of the version that is left, so that the template
// that was restored reaches none of them before that pod is gone.
func (s *scene) evictBroken(d *fleet.Draft) {
	if !s.facts.Ordered {
		return
	}
	for _, p := range staying(s.facts.New) {
		c := podstate.Condition(p, corev1.PodReady)
		if c != nil && c.Status == corev1.ConditionTrue {
			continue
		}
		ref := fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: podKind.Kind, Namespace: p.Namespace, Name: p.Name}
		text := fleet.Textf("evict pod %s, which is not ready: OrderedReady changes no other before it is", fleet.Quote(p.Name))
		stage := fleet.Stage{Text: text, Until: fleet.Until{Done: true},
			Writes: []fleet.ObjectWrite{{Object: ref, API: podKind, UID: string(p.UID), Verb: fleet.WriteEvict, Text: text}}}
		d.Stages[len(d.Stages)-1].Until = fleet.Until{}
		d.Stages = append(d.Stages, stage)
	}
}

// restart drafts new pods of the same version.
func (s *scene) restart(ctx context.Context, w fleet.Want) (fleet.Draft, error) {
	if err := s.canRoll("a restart"); err != nil {
		return fleet.Draft{}, err
	}
	if w.Stamp.IsZero() {
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, "no time is given for the restart")
	}
	e := s.sheet()
	stamp := w.Stamp.UTC().Format("2006-01-02T15:04:05Z07:00")
	for _, t := range slices.Concat([]podspec.Template{s.main}, s.beside) {
		e.set(t.At+jsonptr.Path("metadata", "annotations", "kubectl.kubernetes.io/restartedAt"), stamp)
	}
	if !e.changes() {
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, "it was restarted at that time already")
	}
	d, err := s.stages(e, fleet.Textf("restart at %s", fleet.Label(stamp)), fleet.Want{Do: w.Do, Parts: w.Parts, Surge: w.Surge})
	if err != nil {
		return fleet.Draft{}, err
	}
	d.To = s.main.Version()
	d.Notes = s.rollNotes(ctx, &d)
	return d, nil
}
