package kuberay

import (
	"context"
	"slices"
	"strconv"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/serveconfig"
	"pitwall/fleet"
)

// upgrade changes the image in the cluster's configuration, model and arguments in that of Ray Serve.
func (s *scene) upgrade(ctx context.Context, w fleet.Want) (fleet.Draft, error) {
	if err := s.plain(w); err != nil {
		return fleet.Draft{}, err
	}
	container, part := s.meant(w)
	var fields []fleet.Field
	var texts []fleet.Safe
	var err error
	if w.Image != "" {
		if fields, texts, err = s.images(w.Image, container); err != nil {
			return fleet.Draft{}, err
		}
	}
	replaces := len(fields) > 0
	w.Container = part
	serves, said, err := s.configured(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	fields, texts = append(fields, serves...), append(texts, said...)
	if len(fields) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it is as wanted already")
	}
	d := s.one(fleet.Join(texts, fleet.Text("; ")), fleet.Until{Done: true}, fields...)
	if !replaces {
		s.inPlace(&d)
	} else if err := s.beside(ctx, &d); err != nil {
		return fleet.Draft{}, err
	}
	if replaces && len(serves) > 0 {
		d.Notes = append(d.Notes, fleet.Text("both change together: the new configuration of Ray Serve goes to the new cluster only, the "+
			"one that "+
			"serves keeps its own, and gets no other one, until the new one serves"))
	}
	return d, nil
}

// configured is the field that changes model and arguments; none where nothing of these is wanted, or all stands already.
func (s *scene) configured(w fleet.Want) ([]fleet.Field, []fleet.Safe, error) {
	if w.Weights == "" && w.Revision == "" && len(w.Args) == 0 {
		return nil, nil, nil
	}
	if err := s.legible(w.Do); err != nil {
		return nil, nil, err
	}
	edits, said, err := serveconfig.Upgrade(s.apps, w)
	if err != nil || len(edits) == 0 {
		return nil, nil, err
	}
	field, err := s.config(w.Do, edits)
	return []fleet.Field{field}, said, err
}

// plain refuses what KubeRay has no field for.
func (s *scene) plain(w fleet.Want) error {
	switch {
	case len(w.Parts) > 0:
		return s.no(fleet.KindUnsupported, w.Do, "it has no canary of a size of one's choice; leave --canary out. upgradeStrategy "+incremental+
			" moves traffic to a new cluster in steps, by itself")
	case w.Surge.OK:
		return s.no(fleet.KindUnsupported, w.Do, "what a change takes is said by its upgradeStrategy: a whole second cluster, or "+
			"maxSurgePercent of "+
			"one; leave --surge out")
	case w.Version != "":
		return s.no(fleet.KindUnsupported, w.Do, "KubeRay keeps no older version; undo the change that brought this one")
	case w.Image != "":
		return s.mayReplace(w.Do)
	}
	return nil
}

// meant tells whether a name means a container of the pods or a part of Ray Serve.
func (s *scene) meant(w fleet.Want) (container, part string) {
	for i := range s.groups {
		for _, c := range s.groups[i].template.Pod().Spec.Containers {
			if c.Name == w.Container {
				return w.Container, ""
			}
		}
	}
	if w.Weights == "" && w.Revision == "" && len(w.Args) == 0 {
		return w.Container, ""
	}
	return "", w.Container
}

// images sets another image wherever the one that serves runs, in the head and in all workers together: Ray wants one
// version of itself on all of its nodes. Of a container that is named only those of its name are changed.
func (s *scene) images(to, container string) ([]fleet.Field, []fleet.Safe, error) {
	from := s.serving().template.Version().Image.String()
	if container == "" && from == "" {
		return nil, nil, s.no(fleet.KindUnsupported, fleet.DoUpgrade, "its pods name no image")
	}
	next := s.doc
	var where, others []string
	found := false
	for i := range s.groups {
		g := &s.groups[i]
		for j, c := range g.template.Pod().Spec.Containers {
			if container != "" && c.Name != container || container == "" && c.Image != from {
				others = append(others, c.Image)
				continue
			}
			found = true
			if c.Image != to {
				where = append(where, g.name)
				next = jsonptr.With(next, g.at+"/spec/containers/"+strconv.Itoa(j)+"/image", to)
			}
			if container != "" {
				from = c.Image
			}
		}
	}
	if !found {
		return nil, nil, s.no(fleet.KindInvalid, fleet.DoUpgrade, "no group of its pods has a container "+fleet.Quote(container).String())
	}
	fields := s.clusterDiff(next)
	if len(where) == 0 {
		return nil, nil, nil
	}
	text := fleet.Textf("image of %s: %s -> %s", fleet.Quote(join(where)), fleet.Quote(from), fleet.Quote(to))
	if slices.Sort(others); len(others) > 0 && container == "" {
		text = fleet.Textf("%s (%s stays)", text, fleet.Quote(join(slices.Compact(others))))
	}
	return fields, []fleet.Safe{text}, nil
}

func join(list []string) string {
	text := ""
	for i, one := range list {
		if i > 0 {
			text += ", "
		}
		text += one
	}
	return text
}

// inPlace is a change inside of the cluster that serves: Ray replaces its replicas there.
func (s *scene) inPlace(d *fleet.Draft) {
	if s.pending != nil && s.active != nil {
		d.Notes = append(d.Notes, fleet.Textf("an upgrade is under way: cluster %s gets this, and %s, which serves, does not", s.name(s.pending),
			s.name(s.active)))
		return
	}
	n := 1
	if main := serveconfig.Serving(serveconfig.Deployments(s.apps)); main != nil {
		n = max(main.Replicas.Or(main.Min.Or(1)), 1)
	}
	d.Down = max(n/5, 1)
	d.Notes = append(d.Notes, fleet.Textf("in place: Ray replaces a fifth of the replicas of a deployment at a time, at least one, and "+
		"ends the old "+
		"ones first. There is no canary, and Ray does not go back by itself: undo writes the old text back"))
	if n == 1 {
		d.Notes = append(d.Notes, fleet.Text("with one replica nothing serves while the new one loads"))
	}
	d.Notes = append(d.Notes, owner.Notes(owner.Holder(s.ref, &s.o.ObjectMeta), owner.GitOps(&s.o.ObjectMeta))...)
}

// beside is a change that makes another cluster beside the one that serves.
func (s *scene) beside(ctx context.Context, d *fleet.Draft) error {
	all := s.asked()
	d.Extra = all
	second := fleet.Textf("a second cluster of %s and %s comes beside the one that "+
		"serves", fleet.Many(s.desired(), "worker"), fleet.Many(all, "GPU"))
	back := fleet.Textf("taking it back before the new cluster serves does not only drop that: KubeRay starts one more as it was, which "+
		"asks for the "+
		"same %s once more, while the old one goes on serving", fleet.Many(all, "GPU"))
	if s.o.byParts() {
		o := &s.o.Spec.Strategy.Options
		if o.Surge != nil && *o.Surge < 100 {
			d.Extra = (all*max(*o.Surge, 0) + 99) / 100
		}
		second = fleet.Textf("%s: it grows by %s, and gets %s %% of the traffic more every %s s, by itself; it can be neither paused nor "+
			"set by hand",
			second, percent(o.Surge), fleet.Int(o.Step), fleet.Int(o.Interval))
		back = fleet.Text("undo writes back exactly what was before, which KubeRay takes for the way back: all traffic returns to the " +
			"cluster that " +
			"serves now")
	} else {
		second = fleet.Textf("%s, and gets all traffic at once when all of its applications run; without room for it, it waits for ever", second)
	}
	d.Notes = append(d.Notes, second)
	short, err := s.short(ctx)
	if err != nil {
		return err
	}
	if !short.IsEmpty() {
		d.Notes = append(d.Notes, short)
	}
	d.Notes = append(d.Notes, back)
	d.Notes = append(d.Notes, s.third()...)
	if release, ok := s.release(); ok && s.o.byParts() && release < 7 {
		d.Notes = append(d.Notes, fleet.Textf("this KubeRay is 1.%s: without its feature RayServiceIncrementalUpgrade it ignores the change",
			fleet.Int(release)))
	}
	d.Notes = append(d.Notes, owner.Notes(owner.Holder(s.ref, &s.o.ObjectMeta), owner.GitOps(&s.o.ObjectMeta))...)
	return nil
}

// third says what happens where another cluster is on its way already.
func (s *scene) third() []fleet.Safe {
	switch {
	case s.pending == nil || s.active == nil:
		return nil
	case s.o.byParts():
		return []fleet.Safe{fleet.Textf("an upgrade is under way: KubeRay first takes all traffic back to cluster %s and ends %s, then "+
			"begins this one",
			s.name(s.active), s.name(s.pending))}
	}
	return []fleet.Safe{fleet.Textf("an upgrade is under way: KubeRay lets cluster %s go for the one of this change, and deletes it a "+
		"minute later "+
		"(rayClusterDeletionDelaySeconds); until then three ask for GPUs", s.name(s.pending))}
}

// short says for which group there is no room; "" where there is, or nobody may know.
func (s *scene) short(ctx context.Context) (fleet.Safe, error) {
	machines, err := child.Machines(ctx, s.c)
	if err != nil || machines == nil {
		return fleet.Safe{}, err
	}
	for i := range s.groups {
		g := &s.groups[i]
		room := machines.RoomFor(&g.template.Pod().Spec)
		if room.Each > 0 && room.Fits < g.pods {
			return fleet.Textf("group %s asks for %s %s in %s and there is room for %s of them (%s)", fleet.Quote(g.name),
				fleet.Int(g.pods*room.Each), fleet.Quote(string(room.Resource)), fleet.Many(g.pods, "pod"), fleet.Int(room.Fits), room.Text()), nil
		}
	}
	return fleet.Safe{}, nil
}
