package workloads

import (
	"context"
	"slices"
	"time"

	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// changedNames say that clients must call another name.
func (s *scene) changedNames(next podspec.Template) []fleet.Safe {
	before, after := s.main.Version().Served, next.Version().Served
	if slices.Equal(before, after) || len(before) == 0 {
		return nil
	}
	note := fleet.Textf("the served name changes from %s to %s: clients and gateways that call the old one fail", fleet.Join(before,
		fleet.Text(", ")), known(fleet.Join(after, fleet.Text(", "))))
	if !next.NamesItself() {
		note = fleet.Textf("%s; a flag such as --served-model-name keeps it", note)
	}
	return []fleet.Safe{note}
}

// rollNotes say what a person must know before pods are replaced.
func (s *scene) rollNotes(ctx context.Context, d *fleet.Draft) []fleet.Safe {
	list := owner.Notes(s.out.Holder, s.out.GitOps)
	if s.out.Desired == 0 {
		list = append(list, fleet.Text("it has 0 replicas: nothing is replaced"))
	}
	list = append(list, s.surgeNotes(ctx, d)...)
	list = append(list, s.claimNotes(ctx, d)...)
	list = append(list, s.timeNotes()...)
	if s.size > 1 {
		list = append(list, fleet.Textf("the %s of a group are replaced together", fleet.Many(s.size, "pod")))
	}
	if s.kind == groupSetKind {
		list = append(list, fleet.Text("a LeaderWorkerSet keeps no older versions: only the journal of this change takes it back"))
	}
	return list
}

// surgeNotes: a replica that comes beside needs GPUs of its own, and waits for ever where none may leave.
func (s *scene) surgeNotes(ctx context.Context, d *fleet.Draft) []fleet.Safe {
	var list []fleet.Safe
	extra := 0
	if s.out.GPUsEach > 0 {
		extra = d.Extra / s.out.GPUsEach
	}
	if short := s.shortOf(ctx, extra); !short.IsEmpty() {
		note := fleet.Textf("%s: the roll waits until old replicas leave", short)
		if d.Down == 0 {
			note = fleet.Textf("%s, and no old replica may leave: it will never finish; with surge 0, %s", short, s.outage(max(s.how.missing, 1)))
		}
		list = append(list, note)
	}
	if d.Down >= s.out.Desired && s.out.Desired > 0 {
		list = append(list, s.outage(d.Down))
	}
	return list
}

// outage words replicas that are away while new ones load.
func (s *scene) outage(away int) fleet.Safe {
	n := min(away, s.out.Desired)
	text := fleet.Textf("%s of %s %s are away while new ones load", fleet.Int(n), fleet.Int(s.out.Desired), s.out.Unit)
	if n == s.out.Desired {
		text = fleet.Textf("%s: an outage", text)
	}
	if load := s.load(); load > 0 {
		return fleet.Textf("%s of about %s", text, fleet.Age(load))
	}
	return fleet.Textf("%s for as long as that takes, which is not known", text)
}

func (s *scene) load() time.Duration {
	return stuck.TypicalLoad(slices.Concat(s.facts.New, s.facts.Old))
}

// shortOf says that GPUs for so many more replicas are not free; "" where they are, or where nothing is known of it.
func (s *scene) shortOf(ctx context.Context, replicas int) fleet.Safe {
	if replicas == 0 || s.out.GPUsEach == 0 {
		return fleet.Safe{}
	}
	cluster := s.cluster(ctx)
	if cluster == nil {
		return fleet.Safe{}
	}
	for _, t := range slices.Concat([]podspec.Template{s.main}, s.beside) {
		room := cluster.RoomFor(&t.Pod().Spec)
		pods := replicas
		switch {
		case s.size > 1 && t.At == s.main.At && len(s.beside) == 0:
			pods *= s.size
		case s.size > 1 && t.At != s.main.At:
			pods *= s.size - 1
		}
		if room.Each > 0 && room.Fits < pods {
			return fleet.Textf("%s %s for %s %s and there is room for %s (%s)", fleet.Many(pods, "more pod"), fleet.Verb(pods, "asks", "ask"),
				fleet.Int(pods*room.Each),
				fleet.Quote(string(room.Resource)), fleet.Int(room.Fits), room.Text())
		}
	}
	return fleet.Safe{}
}

// claimNotes: a pod that comes beside on another node never gets a volume that one node at a time can have.
func (s *scene) claimNotes(ctx context.Context, d *fleet.Draft) []fleet.Safe {
	if s.kind != deploymentKind || s.how.recreate {
		return nil
	}
	names := map[string]bool{}
	for _, v := range s.main.Pod().Spec.Volumes {
		if v.PersistentVolumeClaim != nil && len(names) < mostClaims {
			names[v.PersistentVolumeClaim.ClaimName] = true
		}
	}
	var list []fleet.Safe
	for _, c := range s.claims(ctx, names) {
		if !stuck.OneNode(c) {
			continue
		}
		note := fleet.Textf("claim %s can be on one node only: a new replica on another node waits until all old ones on its node are gone",
			fleet.Quote(c.Name))
		if d.Down == 0 {
			note = fleet.Textf("%s, and none may leave: it will never finish there; use surge 0, or a ReadWriteMany claim", note)
		}
		list = append(list, note)
	}
	return list
}

// timeNotes compare what loading takes with what is allowed.
func (s *scene) timeNotes() []fleet.Safe {
	var list []fleet.Safe
	load := s.load()
	if load > 0 && s.out.Deadline > 0 && load > s.out.Deadline {
		list = append(list, fleet.Textf("earlier loads took %s, more than its progress deadline of %s: it will be called late, "+
			"which is no failure",
			fleet.Age(load), fleet.Age(s.out.Deadline)))
	}
	return list
}
