package views

import (
	"cmp"
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
)

// upgradeRow is one pool, or one object that keeps replicas, with all that is known of its roll.
type upgradeRow struct {
	o      fleet.ObjectRef // zero for a pool of which no object is known
	c      *fleet.Cluster  // nil where it is not watched
	w      *fleet.Workload // nil where its kind is not watched
	pool   *fleet.Pool     // nil for what serves no known pool
	more   []fleet.PoolID  // that the object keeps too
	twin   *fleet.Pool     // that has the row of the object which keeps this pool too, nil for none
	seen   RolloutSeen
	change *actions.Change // open on it
	rank   int
}

// UpgradeID is the raw ID of the row of an object, or of a pool without one.
func UpgradeID(o fleet.ObjectRef, pool fleet.PoolID) string {
	if o.Name == "" {
		return "pool " + string(pool)
	}
	return RefID(o)
}

func (r *upgradeRow) id() string {
	if r.o.Name == "" {
		return UpgradeID(r.o, r.pool.Spec.ID)
	}
	return RefID(r.o)
}

// upgradeRows lists the pools, then what asks for GPUs and serves none of them, then what a change is open on.
func upgradeRows(sc Scene, u UpgradesState) []upgradeRow {
	var rows []upgradeRow
	done := map[fleet.ObjectRef]*upgradeRow{}
	add := func(o fleet.ObjectRef, pool *fleet.Pool) {
		first := done[o]
		if first != nil && pool == nil {
			return
		}
		r := upgradeRow{o: o, pool: pool}
		if first != nil { // several pools on one object: the first has it, and the others say so
			r.o, r.twin, o = fleet.ObjectRef{}, first.pool, fleet.ObjectRef{}
		}
		if o.Name != "" {
			done[o] = &r
		}
		if o.Name != "" {
			r.c, r.w = WorkloadOf(sc.Snap, o)
			r.seen, r.change = u.Seen[o], sc.Book.OpenOn(actions.ObjectLock(o))
		}
		r.rank = r.urgency(sc)
		rows = append(rows, r)
	}
	for i := range sc.Snap.Pools {
		p := &sc.Snap.Pools[i]
		add(u.Lists.keeper(sc.Snap, p), p)
	}
	for _, c := range sc.Snap.Clusters {
		for _, w := range c.Workloads {
			if w.GPUsEach > 0 || c.Hosted {
				add(WorkloadRef(c, w), nil)
			}
		}
	}
	for i := range sc.Book.Open() {
		if p := &sc.Book.Changes[i].Plan; p.Work != nil {
			add(p.Work.Was.Object, nil)
		}
	}
	return rows
}

// urgency orders rows: what is stuck, then what moves, then the others. What was read long ago counts no more.
func (r *upgradeRow) urgency(sc Scene) int {
	n := 0
	switch {
	case r.seen.known() && !r.seen.old(sc.Now):
		n = phaseRank(&r.seen.Rollout)
	case r.w != nil && trouble(r.w.State) > trouble(fleet.StateWarn):
		n = 8
	case r.w != nil && !r.w.Gaps.Ready && (r.w.Updated < r.w.Desired || r.w.Ready < r.w.Desired):
		n = 5
	}
	if c := r.change; c != nil {
		n = max(n, 7)
		if c.State == actions.StateUnknown || c.State == actions.StateHeld || abandoned(c) {
			n = 9
		}
	}
	return n
}

func phaseRank(r *fleet.Rollout) int {
	switch r.Phase {
	case fleet.RolloutStuck, fleet.RolloutFailed:
		return 8
	case fleet.RolloutLate:
		return 6
	case fleet.RolloutMoving, fleet.RolloutUnseen:
		return 5
	case fleet.RolloutPaused:
		return 4
	case fleet.RolloutDone:
		return 0
	default:
		return 1
	}
}

func phaseRole(p fleet.RolloutPhase) themes.Role {
	switch p {
	case fleet.RolloutStuck, fleet.RolloutFailed:
		return themes.Crit
	case fleet.RolloutLate, fleet.RolloutPaused:
		return themes.Warn
	case fleet.RolloutMoving, fleet.RolloutUnseen:
		return themes.Accent
	case fleet.RolloutDone:
		return themes.OK
	default:
		return themes.Stale
	}
}

// upgradeOrder orders rows: stuck and moving ones first, or by a sort key.
func upgradeOrder(rows []upgradeRow, t Table) ([]int, []string) {
	o := order{
		n: len(rows), id: func(i int) string { return rows[i].id() }, filter: t.Filter, flip: t.Reverse,
		text: func(i int) string {
			r := &rows[i]
			model, weights, image := r.model(), r.version().Weights, r.image()
			return searched(r.name().String(), r.o.Kind, r.o.Namespace, string(r.o.Cluster), r.phaseWord().String(),
				model.String(), weights.String(), image.String(), r.why().String())
		},
		less: func(i, j int) int {
			a, b := &rows[i], &rows[j]
			switch t.Sort {
			case "name":
				return strings.Compare(a.name().String(), b.name().String())
			case "model":
				return strings.Compare(a.model().String(), b.model().String())
			case "kind":
				return strings.Compare(a.o.Kind, b.o.Kind)
			case "gpus":
				return cmp.Compare(b.gpus().Or(-1), a.gpus().Or(-1))
			default:
				return cmp.Compare(b.rank, a.rank)
			}
		},
	}
	index := o.rows()
	return index, o.ids(index)
}

// name is that of the pool, else of the object.
func (r *upgradeRow) name() fleet.Safe {
	if r.pool != nil {
		return fleet.Label(string(r.pool.Spec.ID))
	}
	return fleet.Label(r.o.Name)
}

// version is what the object asks for, as far as it was read.
func (r *upgradeRow) version() fleet.Version { return r.seen.Rollout.Now }

// model is the name under which it is served, else the one that its pool is declared with. An engine that is told no name
// calls its model as its weights lie, which is a path that the gateway's name stands for.
func (r *upgradeRow) model() fleet.Safe {
	served := r.version().Served
	path := len(served) == 1 && strings.HasPrefix(served[0].String(), "/")
	switch {
	case len(served) > 0 && !path:
		return fleet.Join(served, fleet.Text(" "))
	case r.pool != nil && r.pool.Spec.Model != "":
		return fleet.Label(string(r.pool.Spec.Model))
	case path:
		return fleet.Label(fileName(served[0].String()))
	}
	return fleet.Safe{}
}

// fileName is the last part of a path.
func fileName(path string) string {
	path = strings.TrimRight(path, "/")
	return path[strings.LastIndexByte(path, '/')+1:]
}

func (r *upgradeRow) image() fleet.Safe {
	if v := r.version(); !v.Image.IsEmpty() {
		return v.Image
	}
	if r.w != nil {
		return r.w.Image
	}
	return fleet.Safe{}
}

// engine is the engine with the version that replicas report, and the image without its registry.
func (r *upgradeRow) engine() fleet.Safe {
	image := r.image().String()
	short := fleet.Label(image[strings.LastIndexByte(image, '/')+1:])
	if r.pool == nil || r.pool.Spec.Engine == "" {
		return short
	}
	parts := []fleet.Safe{fleet.Label(r.pool.Spec.Engine)}
	for i := range r.pool.Replicas {
		if v := r.pool.Replicas[i].Version; !v.IsEmpty() {
			parts = append(parts, v)
			break
		}
	}
	return fleet.Join(append(parts, nonEmpty(short)...), fleet.Text(" "))
}

// count are the replicas: ready, of the newest version, wanted. They are those of the watch, which is never older than
// what was read. ok is false where nothing counts them.
func (r *upgradeRow) count() (ready, updated, desired int, ok bool) {
	switch {
	case r.w != nil:
		return r.w.Ready, r.w.Updated, r.w.Desired, true
	case r.seen.known():
		s := &r.seen.Rollout
		return s.Ready, s.Updated, s.Desired, true
	}
	return 0, 0, 0, false
}

// gaps are the numbers that its system does not tell.
func (r *upgradeRow) gaps() fleet.Gaps {
	if r.w != nil {
		return r.w.Gaps
	}
	return r.seen.Rollout.Gaps
}

// gpus is how many it asks for when all replicas run.
func (r *upgradeRow) gpus() fleet.Maybe[int] {
	_, _, desired, ok := r.count()
	switch {
	case !ok || r.gaps().GPUs:
		return fleet.None[int]()
	case r.w != nil:
		return fleet.Some(desired * r.w.GPUsEach)
	default:
		return fleet.Some(desired * r.seen.Rollout.GPUsEach)
	}
}

// free is how many of its product nothing asks for; unknown before the object was read.
func (r *upgradeRow) free(s *fleet.Snapshot) fleet.Maybe[int] {
	c := r.c
	if c == nil {
		c = ClusterOf(s, r.o.Cluster)
	}
	if c == nil || !r.seen.known() {
		return fleet.None[int]()
	}
	return c.FreeGPUs(&r.seen.Rollout)
}

// phaseWord is how far the roll is, or the stage of the change that is open on it.
func (r *upgradeRow) phaseWord() fleet.Safe {
	switch {
	case r.change != nil && r.change.State == actions.StateRollingBack:
		return fleet.Text("back")
	case r.change != nil:
		return fleet.Textf("stage %s/%s", fleet.Int(r.change.Step), fleet.Int(len(r.change.Plan.Steps)))
	case r.seen.known():
		return fleet.Label(string(r.seen.Rollout.Phase))
	case r.o.Name == "":
		return fleet.Text(fleet.Unknown)
	case !r.seen.Err.IsEmpty():
		return fleet.Text("no answer")
	}
	return fleet.Text("not read")
}

// why is what stands in the way: of the open change, else of the roll as read, else as the watch has it.
func (r *upgradeRow) why() fleet.Safe {
	switch {
	case r.change != nil && !r.change.Why.IsEmpty():
		return r.change.Why
	case r.seen.known():
		return r.seen.Rollout.Why
	case r.w != nil && !r.w.Why.IsEmpty():
		return r.w.Why
	case r.twin != nil:
		return fleet.Textf("as pool %s: one object keeps both, and is changed there", fleet.Label(string(r.twin.Spec.ID)))
	case r.o.Name == "":
		return fleet.Text("no object of a cluster is known to keep it")
	}
	return r.seen.Err
}

// keeper is who else writes its fields: the controller above it, or what applies it from a repository.
func (r *upgradeRow) keeper() fleet.Safe {
	s := &r.seen.Rollout
	switch {
	case s.Holder.Name != "":
		return fleet.Concat(fleet.Label(s.Holder.Kind), fleet.Text(" "), fleet.Label(s.Holder.Name))
	case !s.GitOps.IsEmpty():
		return s.GitOps
	case !s.OwnersUnread.IsEmpty():
		return fleet.Text("not known")
	case r.seen.known():
		return fleet.Text("none known")
	}
	return fleet.Safe{}
}

// scaler is what scales it: as read with how it is held, else as the watch has it.
func (r *upgradeRow) scaler() fleet.Safe {
	switch s := &r.seen.Rollout.Scaler; {
	case s.Exists() && !s.Held.IsEmpty():
		return fleet.Concat(fleet.Text("held: "), s.Held)
	case s.Exists():
		return fleet.Textf("%s-%s%s", fleet.Int(s.Min), fleet.Int(s.Max), oneWay(s))
	case !s.Unread.IsEmpty():
		return fleet.Text("not known")
	case r.seen.known():
		return fleet.Text("none")
	case r.w != nil:
		return r.w.Autoscaler
	}
	return fleet.Safe{}
}

// oneWay says in which direction it scales, where that is not both.
func oneWay(s *fleet.Scaler) fleet.Safe {
	switch {
	case !s.NoIn.IsEmpty() && !s.NoOut.IsEmpty():
		return fleet.Text(" neither way")
	case !s.NoIn.IsEmpty():
		return fleet.Text(" up only")
	case !s.NoOut.IsEmpty():
		return fleet.Text(" down only")
	}
	return fleet.Safe{}
}
