package views

import (
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// upgradePage tells one object: how its roll stands, the change that is open on it, and its old and new replicas. A
// dialog lies beside it where there is room, else under what must stay in sight.
func upgradePage(b *part.Block, sc Scene, u UpgradesState, o fleet.ObjectRef, rows int) {
	r := upgradeRowOf(sc, u, o)
	switch {
	case b.Width() >= wideWidth:
		wideUpgrade(b, sc, u, r, rows)
	case u.Shift != nil:
		upgradeUnderDialog(b, sc, u, r, rows)
	default:
		upgradeColumn(b, sc, u, r, rows)
	}
}

// upgradeRowOf is the row of one object, also of a kind that the list does not have, such as a node.
func upgradeRowOf(sc Scene, u UpgradesState, o fleet.ObjectRef) *upgradeRow {
	r := &upgradeRow{o: o, seen: u.Seen[o], change: sc.Book.OpenOn(actions.ObjectLock(o))}
	r.c, r.w = WorkloadOf(sc.Snap, o)
	for i := range sc.Snap.Pools {
		if p := &sc.Snap.Pools[i]; u.Lists.keeper(sc.Snap, p) == o {
			if r.pool == nil {
				r.pool = p
			} else {
				r.more = append(r.more, p.Spec.ID)
			}
		}
	}
	r.rank = r.urgency(sc)
	return r
}

// upgradeRule names the object, with how far it is at the right.
func upgradeRule(b *part.Block, r *upgradeRow) {
	title := fleet.Concat(fleet.Text("UPGRADE "), RefText(r.o))
	if r.o.Kind == kindNode {
		title = fleet.Concat(fleet.Text("NODE "), fleet.Label(r.o.Name))
	}
	note := fleet.Label(string(r.o.Cluster))
	switch {
	case len(r.more) > 0:
		note = fleet.Concat(note, fleet.Text(", pools "), fleet.Label(string(r.pool.Spec.ID)))
	case r.pool != nil:
		note = fleet.Concat(note, fleet.Text(", pool "), fleet.Label(string(r.pool.Spec.ID)))
	}
	for _, id := range r.more {
		note = fleet.Concat(note, fleet.Text(", "), fleet.Label(string(id)))
	}
	right := escBack()
	if c := r.change; c != nil {
		right = fleet.Textf("%s  step %s of %s   %s", fleet.Label(string(c.State)), fleet.Int(c.Step), fleet.Int(len(c.Plan.Steps)), right)
	}
	b.Rule(title, note, right)
}

// upgradeColumn stacks facts, stages, comparison and replicas.
func upgradeColumn(b *part.Block, sc Scene, u UpgradesState, r *upgradeRow, rows int) {
	upgradeRule(b, r)
	upgradeFacts(b, sc, u, r, rows)
	pods := max(1, len(versionPods(sc, u, r.o)))
	replicas := share{least: 3, want: pods, weight: 1}
	stages, limits := share{}, 0
	if r.change != nil {
		stages = share{least: 3, want: len(r.change.Plan.Work.Draft.Stages) + 1, weight: 1}
		limits = analysisHeight(r.change, b.Width())
	}
	changes := share{least: 1, want: len(changesOf(sc, r.o)), weight: 1}
	fixed := 2 + limits + 1 // titles of the replicas, comparison, rule of the changes
	if r.change != nil {
		fixed += 2 // rule of the stages, what is next
		if rows < sheetLeast {
			changes.want, fixed = 0, fixed-1 // the open one is told above
		}
	}
	divide(rows-b.Len()-fixed, []*share{&stages, &replicas, &changes})
	if r.change != nil {
		stagesPane(b, sc, r.change, stages.got)
		if limits > 0 {
			analysisPane(b, r.change)
		}
	}
	versionsPane(b, sc, u, r.o, max(1, replicas.got))
	if rows-b.Len() > 2 && (r.change == nil || rows >= sheetLeast) {
		objectChanges(b, sc, r.o, max(1, min(changes.want, rows-b.Len()-1-count(r.change != nil))))
	}
	if r.change != nil {
		b.Gap(1).Say(themes.Dim, "next: ").Put(themes.Text, nextText(sc, r.change)).End()
	}
	if c := ClusterOf(sc.Snap, r.o.Cluster); c != nil && rows-b.Len() > 4 {
		objectEvents(b.End(), sc, c, r.o, rows-b.Len()-1)
	}
}

// upgradeFacts draws the facts of an object, fewer where a change is open on it: then its stages need the room.
func upgradeFacts(b *part.Block, sc Scene, u UpgradesState, r *upgradeRow, rows int) {
	f := newPage(sc, b.Width())
	detail := allFacts
	if r.change != nil || rows < lowScreen {
		detail = someFacts
	}
	if c := r.change; c != nil {
		most := 2
		if rows < sheetLeast {
			most, detail = 1, fewFacts
		}
		f.tell(fleet.Text("change"), journalRole(c), fleet.Concat(fleet.Int(c.Seq), fleet.Text(" by "), c.Plan.Intent.Actor.Text(),
			fleet.Text(", started "), fleet.ClockTime(c.Started), fleet.Text(": "), c.Plan.ErrandText()), most)
		f.tell(fleet.Text("state"), journalRole(c), c.Told(), 3)
		if back := c.Back(); !back.IsEmpty() && rows >= sheetLeast {
			f.tell(fleet.Text("goes back"), themes.Warn, back, 2)
		}
	}
	if r.o.Kind == kindNode {
		upgradeNodeFacts(f, sc, u, r, detail)
	} else {
		rolloutFacts(f, sc, u, r, detail)
	}
	b.Append(f.Cut(max(3, rows-10)))
}

// How much is told of an object.
const (
	fewFacts  = iota // how far it is
	someFacts        // and what runs
	allFacts
)

// rolloutFacts tells how an object stands. What is not read says so, and what is old says its age.
func rolloutFacts(f *page, sc Scene, u UpgradesState, r *upgradeRow, detail int) {
	if r.twin != nil {
		f.tell(fleet.Text("object"), themes.Warn, r.why(), 3)
		return
	}
	if r.o.Name == "" {
		f.tell(fleet.Text("object"), themes.Warn, fleet.Text("no object of a watched cluster is known to keep this pool: its replicas are "+
			"declared, and nothing can be rolled from here"), 3)
		return
	}
	s := &r.seen.Rollout
	role := themes.Dim
	if r.seen.old(sc.Now) || !r.seen.Err.IsEmpty() || !u.Deaf.IsEmpty() {
		role = themes.Stale
	}
	if r.seen.known() {
		phaseFact(f, sc, r)
	} else if r.w != nil {
		f.tell(fleet.Text("watched"), themes.OfState(r.w.State), because(r.w.State.Text(), r.w.Why), 3)
	}
	f.tell(fleet.Text("asked"), role, r.seen.standing(r.o, u.Deaf, sc.Now), 2)
	countFact(f, sc, r)
	if !r.seen.known() || detail == fewFacts {
		return
	}
	tellSome := func(name, text fleet.Safe, role themes.Role, most int) {
		if !text.IsEmpty() {
			f.tell(name, role, text, most)
		}
	}
	tellSome(fleet.Text("runs"), s.Now.Text(), themes.Text, 2)
	tellSome(fleet.Text("beside it"), s.Old.Text(), themes.Text, 2)
	tellSome(fleet.Text("frozen"), s.Frozen, themes.Warn, 2)
	if detail == someFacts {
		return
	}
	f.tell(fleet.Text("owner"), themes.Text, keeperText(s), 2)
	f.tell(fleet.Text("scaled by"), themes.Text, noneOr(s.Scaler.Text()), 2)
	tellSome(fleet.Text(""), s.Scaler.Why, themes.Warn, 2)
	tellSome(fleet.Text("a roll"), surgeText(s), themes.Text, 1)
	tellSome(fleet.Text("traffic"), trafficText(&s.Traffic), themes.Text, 2)
	for i := range s.Runs[:min(3, len(s.Runs))] {
		name := fleet.Safe{}
		if i == 0 {
			name = fleet.Text("before")
		}
		tellSome(name, s.Runs[i].Text(), themes.Dim, 1)
	}
}

// phaseFact says how far the roll is, since when, and what stands in the way.
func phaseFact(f *page, sc Scene, r *upgradeRow) {
	s := &r.seen.Rollout
	phase := fleet.Label(string(s.Phase))
	if !s.Since.IsZero() && s.Phase != fleet.RolloutDone {
		phase = fleet.Concat(phase, fleet.Text(" for "), fleet.Age(sc.Now.Sub(s.Since)))
	}
	if s.Never && !strings.Contains(s.Why.String(), "never") {
		phase = fleet.Concat(phase, fleet.Text(", will never finish by itself"))
	}
	role := phaseRole(s.Phase)
	if r.seen.old(sc.Now) {
		role = themes.Stale
	}
	f.tell(fleet.Text("phase"), role, phaseWhy(s.Phase, phase, s.Why), 3)
}

// phaseWhy joins a phase with what stands in the way, without saying a word twice.
func phaseWhy(p fleet.RolloutPhase, text, why fleet.Safe) fleet.Safe {
	if rest, twice := strings.CutPrefix(why.String(), string(p)+": "); twice {
		why = fleet.Label(rest)
	}
	return because(text, why)
}

// countFact counts replicas and GPUs.
func countFact(f *page, sc Scene, r *upgradeRow) {
	ready, updated, desired, ok := r.count()
	if !ok {
		return
	}
	unit := fleet.Text("replicas")
	if u := r.seen.Rollout.Unit; !u.IsEmpty() {
		unit = u
	}
	text := fleet.Textf("%s %s wanted, %s of the newest version, %s ready", fleet.Int(desired), unit, fleet.Int(updated), fleet.Int(ready))
	g := r.gaps()
	if g.Ready {
		text = fleet.Textf("%s %s wanted; how many are ready is not told", fleet.Int(desired), unit)
	}
	if g.GPUs {
		text = fleet.Concat(text, fleet.Text("; how many GPUs they have is not told"))
	}
	if n := r.gpus(); n.OK && n.V > 0 {
		text = fleet.Textf("%s; %s when all run", text, fleet.Many(n.V, "GPU"))
		if free := r.free(sc.Snap); free.OK {
			text = fleet.Textf("%s, %s free", text, fleet.Int(free.V))
			if p := r.seen.Rollout.Product; !p.IsEmpty() {
				text = fleet.Textf("%s of %s", text, p)
			}
		}
	}
	f.tell(fleet.Text("count"), bad(themes.Text, ready < desired && !g.Ready), text, 2)
}

func keeperText(s *fleet.Rollout) fleet.Safe {
	parts := []fleet.Safe{fleet.Text("no controller above it is known")}
	if s.Holder.Name != "" {
		parts[0] = fleet.Concat(RefText(s.Holder), fleet.Text(" keeps it and sets its fields back"))
	}
	switch {
	case !s.GitOps.IsEmpty():
		parts = append(parts, fleet.Concat(fleet.Text("applied by "), s.GitOps))
	case !s.OwnersUnread.IsEmpty():
		parts = append(parts, fleet.Concat(fleet.Text("who else writes it is not known: "), s.OwnersUnread))
	default:
		parts = append(parts, fleet.Text("no repository is known to apply it"))
	}
	return fleet.Join(nonEmpty(parts...), fleet.Text("; "))
}

func surgeText(s *fleet.Rollout) fleet.Safe {
	switch {
	case s.Surge.Whole:
		return fleet.Textf("takes a second set of everything: %s more", fleet.Many(s.Desired*s.GPUsEach, "GPU"))
	case s.Surge.Extra == 0 && s.Surge.Missing == 0:
		return fleet.Safe{}
	case s.Surge.Extra == 0:
		return fleet.Textf("takes none beside the wanted ones, %s may be away", fleet.Int(s.Surge.Missing))
	case s.Gaps.GPUs:
		return fleet.Textf("takes %s beside the wanted ones, %s may be away", fleet.Int(s.Surge.Extra), fleet.Int(s.Surge.Missing))
	}
	return fleet.Textf("takes %s beside the wanted ones (%s more), %s may be away", fleet.Int(s.Surge.Extra),
		fleet.Many(s.Surge.Extra*s.GPUsEach, "GPU"), fleet.Int(s.Surge.Missing))
}

func trafficText(t *fleet.Traffic) fleet.Safe {
	if t.Kind == fleet.TrafficNone || len(t.Members) == 0 && t.Steps == 0 {
		return fleet.Safe{}
	}
	var parts []fleet.Safe
	for _, m := range t.Members {
		parts = append(parts, fleet.Concat(m.Name, fleet.Text(" "), fleet.Int(m.Weight)))
	}
	text := fleet.Join(parts, fleet.Text(", "))
	if t.Steps > 0 {
		text = fleet.Join(nonEmpty(fleet.Textf("step %s of %s", fleet.Int(t.Step), fleet.Int(t.Steps)), text), fleet.Text(": "))
	}
	if t.Paused {
		text = fleet.Concat(text, fleet.Text(", waits for somebody"))
	}
	return text
}

// changesOf are the changes of an object, open ones first, then newest first.
func changesOf(sc Scene, o fleet.ObjectRef) []*actions.Change {
	var list []*actions.Change
	lock := actions.ObjectLock(o)
	for i := range sc.Book.Changes {
		if c := &sc.Book.Changes[i]; c.Plan.Work != nil && c.Plan.Lock() == lock {
			list = append(list, c)
		}
	}
	return list
}

// objectChanges draws the changes of an object in n rows under its rule.
func objectChanges(b *part.Block, sc Scene, o fleet.ObjectRef, n int) {
	list := changesOf(sc, o)
	b.Rule(fleet.Concat(fleet.Text("CHANGES "), fleet.Int(len(list))), fleet.Safe{}, fleet.Text("7 journal"))
	if len(list) == 0 && n > 0 {
		plans := fleet.Text("U plans one")
		if o.Kind == kindNode {
			plans = fleet.Text("x lists what can be done to it")
		}
		b.Gap(2).Put(themes.Dim, fleet.Concat(fleet.Text("none in the journal; "), plans)).End()
	}
	for _, c := range list[:max(0, min(n, len(list)))] {
		changeLine(b, sc, c)
	}
}

// upgradeUnderDialog keeps the phase and some replicas in sight above the dialog.
func upgradeUnderDialog(b *part.Block, sc Scene, u UpgradesState, r *upgradeRow, rows int) {
	const dialogLeast = 17
	upgradeRule(b, r)
	if rows >= dialogLeast+2 {
		upgradeLine(b, sc, u, r)
	}
	steering := u.Shift.Step >= ShiftApply
	n := min(len(versionPods(sc, u, r.o)), (rows-b.Len())/3)
	switch most := rows - b.Len() - dialogLeast - 2; {
	case steering && rows < sheetLeast:
		n = min(n, 3)
	case rows < sheetLeast:
		n = 0 // what is written needs the room
	case !steering:
		n = min(n, most)
	}
	if n > 0 {
		versionsPane(b, sc, u, r.o, n)
	}
	b.Append(shiftBox(sc, u.Shift, nil, b.Width(), rows-b.Len(), true))
}

// upgradeLine is how an object stands in one line.
func upgradeLine(b *part.Block, sc Scene, u UpgradesState, r *upgradeRow) {
	c := r.phaseCell(r.seen.old(sc.Now))
	if r.o.Kind == kindNode {
		nodeLine(b, sc, u, r)
		return
	}
	b.Gap(1).Put(c.Role, fleet.Concat(c.Text, c.Tail))
	if ready, updated, desired, ok := r.count(); ok {
		g := r.gaps()
		b.Gap(2).Put(bad(themes.Text, ready < desired && !g.Ready), fleet.Textf("%s/%s ready, %s new", g.Replicas(ready), fleet.Int(desired),
			g.Replicas(updated)))
	}
	b.Gap(2).Put(themes.Dim, r.seen.standing(r.o, u.Deaf, sc.Now))
	if why := r.why(); !why.IsEmpty() {
		b.Gap(2).Put(r.whyRole(), why)
	}
	b.End()
}

// wideUpgrade has the facts and replicas on the left, and on the right the dialog, or the selected replica.
func wideUpgrade(b *part.Block, sc Scene, u UpgradesState, r *upgradeRow, rows int) {
	const gap = 2
	width := b.Width() * 3 / 5
	left := part.NewBlock(sc.Theme, width, rows)
	right := part.NewBlock(sc.Theme, b.Width()-width-gap, rows)
	upgradeColumn(left, sc, u, r, rows)
	if u.Shift != nil {
		right.Append(shiftBox(sc, u.Shift, nil, right.Width(), rows, true))
	} else if c := ClusterOf(sc.Snap, r.o.Cluster); c != nil {
		podEvents(right, sc, u, c, r.o, rows)
	}
	b.Beside(left.Cut(rows).Fill(rows), right.Cut(rows).Fill(rows), gap)
}

// podEvents tells the selected replica, else the first, with what the cluster said of it.
func podEvents(b *part.Block, sc Scene, u UpgradesState, c *fleet.Cluster, o fleet.ObjectRef, rows int) {
	list := versionPods(sc, u, o)
	if len(list) == 0 {
		return
	}
	p := list[0].pod
	for i := range list {
		if RefID(PodRef(c, list[i].pod)) == u.Pods.Selected {
			p = list[i].pod
		}
	}
	podPage(b, sc, PodRef(c, p), more(), rows)
}
