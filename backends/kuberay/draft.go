package kuberay

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/serveconfig"
	"pitwall/backends/internal/yamltext"
	"pitwall/fleet"
)

const configAt = "/spec/serveConfigV2"

func (s *scene) draft(ctx context.Context, r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	switch {
	case r.UID != "" && string(s.o.UID) != r.UID:
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another object has its name by now")
	case !s.o.frozen().IsEmpty():
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, s.o.frozen().String()+": change it where it is managed")
	}
	if v, over := s.timedOut(); over {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, v.Why.String())
	}
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(ctx, w)
	case fleet.DoRestart:
		return s.restart(ctx, w)
	case fleet.DoScale, fleet.DoHoldScaler:
		return s.resize(w)
	case fleet.DoPause:
		return s.suspend(ctx)
	case fleet.DoResume:
		return s.resume()
	default: // refused below
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, s.cannot(w.Do))
}

// cannot says why a deed is none of KubeRay's, and what does it instead.
func (s *scene) cannot(do fleet.Deed) string {
	switch do {
	case fleet.DoAbandonRoll:
		if s.pending == nil || s.active == nil {
			return "no upgrade is under way; undo of the change that began the last one writes back what was before"
		}
		if s.o.byParts() {
			return "KubeRay keeps no older configuration, and takes an incremental upgrade back where exactly the one of before is written: " +
				"undo the change that began it, whose journal has it; of a change that was made elsewhere apply the manifest of before"
		}
		return "KubeRay keeps no older configuration: undo the change that began the upgrade, whose journal has it. Cluster " +
			s.name(s.active).String() + " serves until another one runs"
	case fleet.DoAdvance, fleet.DoPromote, fleet.DoTraffic:
		if s.o.byParts() {
			return "KubeRay moves the traffic of an incremental upgrade by itself, step by step, and writes its route anew all the time: " +
				"neither a weight nor a step can be set"
		}
		return "all traffic goes over at once when the new cluster runs; upgradeStrategy " + incremental + " moves it in steps, by itself"
	case fleet.DoFreeScaler:
		return "which min_replicas and max_replicas there were is not kept; undo the change that held it"
	default: // deeds of nodes
	}
	return "a RayService can be upgraded, scaled, restarted, paused (suspended) and resumed"
}

func (s *scene) to(path string, after any) fleet.Field { return jsonptr.Set(s.doc, path, after) }

func (s *scene) write(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: s.ref, API: kind, UID: string(s.o.UID), Verb: fleet.WriteSet, Fields: fields, Text: text}
}

func (s *scene) one(text fleet.Safe, until fleet.Until, fields ...fleet.Field) fleet.Draft {
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, fields...)}, Until: until}}}
}

// legible tells whether the configuration of Ray Serve could be read.
func (s *scene) legible(do fleet.Deed) error {
	if s.garbled != nil {
		return s.no(fleet.KindUnsupported, do, "its serveConfigV2 cannot be read: "+s.garbled.Error())
	}
	return nil
}

// config is the field that changes values in the text of serveConfigV2 and leaves all else of it as it is written.
func (s *scene) config(do fleet.Deed, edits []serveconfig.Edit) (fleet.Field, error) {
	list := make([]yamltext.Edit, len(edits))
	for i, e := range edits {
		list[i] = yamltext.Edit(e)
	}
	text, err := yamltext.Set(s.o.Spec.Config, list)
	if err != nil {
		return fleet.Field{}, s.no(fleet.KindUnsupported, do, "serveConfigV2: "+err.Error())
	}
	return s.to(configAt, text), nil
}

// resize sets num_replicas of one deployment of Ray Serve, or both ends of its autoscaling.
func (s *scene) resize(w fleet.Want) (fleet.Draft, error) {
	if s.pending != nil && s.active != nil {
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "an upgrade is under way: KubeRay gives the change to cluster "+
			s.name(s.pending).String()+" only, and the one that serves does not get it")
	}
	if err := s.legible(w.Do); err != nil {
		return fleet.Draft{}, err
	}
	part, err := serveconfig.Part(s.apps, w.Container)
	if err != nil {
		return fleet.Draft{}, err
	}
	n := w.Replicas.Or(-1)
	edits, text, err := part.Resize(n)
	if w.Do == fleet.DoHoldScaler {
		edits, text, err = part.Hold(n)
	}
	if err != nil {
		return fleet.Draft{}, err
	}
	field, err := s.config(w.Do, edits)
	if err != nil {
		return fleet.Draft{}, err
	}
	d := s.one(text, fleet.Until{Done: w.Do == fleet.DoScale}, field)
	now := part.Replicas.Or(part.Min.Or(1))
	d.Down = max(now-n, 0)
	if more := n - now; more > 0 {
		d.Extra, d.Notes = s.growth(part, more)
	}
	if w.Do == fleet.DoHoldScaler {
		d.Notes = append(d.Notes, fleet.Text("min_replicas and max_replicas are the same then: Ray does not scale it until this is undone"))
	}
	d.Notes = append(d.Notes, fleet.Text("it is a field of Ray Serve: the workers of the cluster stay as many as they are, but for Ray's own "+
		"autoscaler (enableInTreeAutoscaling)"))
	return d, nil
}

// growth is what further replicas ask for: workers only where Ray's autoscaler may add some, else room in those that run.
func (s *scene) growth(part *serveconfig.Deployment, more int) (extra int, notes []fleet.Safe) {
	each := fleet.Text("an unknown number of GPUs")
	if part.GPUs.OK {
		each = fleet.Textf("%s GPUs", fleet.Label(strconv.FormatFloat(part.GPUs.V, 'g', -1, 64)))
	}
	if !s.o.Spec.Cluster.Autoscaling {
		return 0, []fleet.Safe{fleet.Textf("each further replica asks for %s of the %s that there are: without room in them it "+
			"waits for "+
			"ever", each, fleet.Many(s.desired(), "worker"))}
	}
	g := s.serving().gpus()
	if part.GPUs.OK {
		extra = int(part.GPUs.V*float64(more) + 0.999)
	} else {
		extra = g * more
	}
	if g > 0 {
		extra = (extra + g - 1) / g * g // whole workers
	}
	return extra, []fleet.Safe{fleet.Textf("each further replica asks for %s; where they have no room, Ray's autoscaler adds workers of "+
		"%s, "+
		"up to maxReplicas of their group", each, fleet.Many(g, "GPU"))}
}

// suspend drops the clusters, which is all that KubeRay can stop.
func (s *scene) suspend(ctx context.Context) (fleet.Draft, error) {
	if s.o.Spec.Suspend {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoPause, "it is suspended already")
	}
	if err := s.knowsSuspend(ctx); err != nil {
		return fleet.Draft{}, err
	}
	text := fleet.Text("suspend: false -> true")
	d := s.one(text, fleet.Until{}, s.to("/spec/suspend", true))
	d.Down = s.desired()
	d.Notes = []fleet.Safe{fleet.Text("KubeRay cannot hold an upgrade where it is: this deletes its clusters and Services, so that " +
		"nothing serves " +
		"until it is resumed, and everything is loaded anew then")}
	if s.pending != nil && s.active != nil {
		d.Notes = append(d.Notes, fleet.Textf("the upgrade that is under way ends with it: it comes back as it is configured, not as %s",
			s.name(s.active)))
	}
	return d, nil
}

func (s *scene) resume() (fleet.Draft, error) {
	if !s.o.Spec.Suspend {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoResume, "it is not suspended; an upgrade of KubeRay goes on by itself")
	}
	d := s.one(fleet.Text("suspend: true -> false"), fleet.Until{Done: true}, s.to("/spec/suspend", false))
	d.Extra = s.asked()
	if s.o.is("Suspending") {
		d.Notes = append(d.Notes, fleet.Text("the suspension that has begun is brought to its end first"))
	}
	return d, nil
}

// restart marks the pods of all groups, which makes another cluster: KubeRay replaces no pod of one that runs.
func (s *scene) restart(ctx context.Context, w fleet.Want) (fleet.Draft, error) {
	if err := s.mayReplace(w.Do); err != nil {
		return fleet.Draft{}, err
	}
	at := w.Stamp.UTC().Format(time.RFC3339)
	next := s.doc
	for i := range s.groups {
		next = jsonptr.With(next, s.groups[i].at+jsonptr.Path("metadata", "annotations", restartMark), at)
	}
	d := s.one(fleet.Textf("restart at %s: another cluster as this one is", fleet.Quote(at)), fleet.Until{Done: true}, s.clusterDiff(next)...)
	if err := s.beside(ctx, &d); err != nil {
		return fleet.Draft{}, err
	}
	d.NoUndo = fleet.Text("a restart is not taken back: the version is the same")
	return d, nil
}

// clusterDiff is the fields that make the configuration of the cluster another one, with the names of the groups of workers
// in which they are as guards.
func (s *scene) clusterDiff(next any) []fleet.Field {
	before, _ := jsonptr.Find(s.doc, clusterAt)
	after, _ := jsonptr.Find(next, clusterAt)
	fields := jsonptr.Diff(clusterAt, before, after)
	var guards []fleet.Field
	for i := range s.o.Spec.Cluster.Workers {
		at := clusterAt + "/workerGroupSpecs/" + strconv.Itoa(i)
		if slices.ContainsFunc(fields, func(f fleet.Field) bool { return strings.HasPrefix(f.Path, at+"/") }) {
			guards = append(guards, jsonptr.Same(s.doc, at+"/groupName"))
		}
	}
	return append(guards, fields...)
}

// mayReplace tells whether changes of the cluster count at all.
func (s *scene) mayReplace(do fleet.Deed) error {
	if s.o.Spec.Strategy.Type == noUpgrade {
		return s.no(fleet.KindUnsupported, do, "upgradeStrategy is None: KubeRay ignores changes of the cluster. Set it to NewCluster, or "+
			"change what serveConfigV2 says, which is taken in place")
	}
	return nil
}
