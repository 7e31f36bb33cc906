package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// workVerbs are the commands that plan changes of objects of clusters. They bear the names that the same commands have
// without a screen.
func workVerbs() []verb {
	plans := func(d fleet.Deed, kind string) func(*Model, []string) (tea.Cmd, fleet.Safe) {
		return func(m *Model, args []string) (tea.Cmd, fleet.Safe) { return m.cmdWork(d, kind, args) }
	}
	object := func(name string, d fleet.Deed, help fleet.Safe) verb {
		return verb{names: []string{name}, args: fleet.Text("OBJECT"), help: help, words: workloadWords, run: plans(d, "")}
	}
	node := func(name string, d fleet.Deed, help fleet.Safe) verb {
		return verb{names: []string{name}, args: fleet.Text("NODE"), help: help, words: nodeWords, run: plans(d, kindNode)}
	}
	return []verb{
		{names: []string{"upgrade"}, args: fleet.Text("[OBJECT] [image=IMAGE model=URI flags=... canary=10,50 ...]"),
			help:  fleet.Text("plan an upgrade of what keeps a pool: of the selected one, or by name"),
			words: upgradeWords, run: (*Model).cmdUpgrade},
		{names: []string{"scale"}, args: fleet.Text("OBJECT [REPLICAS]"), help: fleet.Text("plan another number of replicas"),
			words: workloadWords, run: (*Model).cmdScale},
		object("restart", fleet.DoRestart, fleet.Text("plan to replace the replicas one after the other, with the same version")),
		object("pause", fleet.DoPause, fleet.Text("plan to stop a roll where it is")),
		object("resume", fleet.DoResume, fleet.Text("plan to let a paused roll go on")),
		{names: []string{"autoscaler"}, args: fleet.Text("hold | release OBJECT [REPLICAS]"),
			help:  fleet.Text("plan to keep an autoscaler at a number, or to let it scale again"),
			words: autoscalerWords, run: (*Model).cmdAutoscaler},
		object("promote", fleet.DoPromote, fleet.Text("plan to take a roll with steps of its own to its end")),
		{names: []string{"advance"}, args: fleet.Text("OBJECT [PERCENT]"),
			help:  fleet.Text("plan to take such a roll one step further, or to give its new version a share"),
			words: workloadWords, run: (*Model).cmdAdvance},
		{names: []string{"traffic"}, args: fleet.Text("OBJECT [MEMBER=WEIGHT ...]"),
			help:  fleet.Text("plan weights of the members among which an object splits its traffic"),
			words: trafficWords, run: (*Model).cmdTraffic},
		object("abort", fleet.DoAbandonRoll, fleet.Text("plan to give such a roll up: its traffic goes back at once")),
		node("cordon", fleet.DoCordon, fleet.Text("plan to let no further pod onto a node")),
		node("uncordon", fleet.DoUncordon, fleet.Text("plan to let pods onto a node again")),
		node("drain", fleet.DoDrain,
			fleet.Text("plan to move a node's pods away, one at a time, as their disruption budgets allow")),
	}
}

// namedObject is the object of a name, or the one that is meant where no name is given.
func (m *Model) namedObject(kind string, args []string) (fleet.ObjectRef, fleet.Safe) {
	if why := whyNoWork(m); !why.IsEmpty() {
		return fleet.ObjectRef{}, why
	}
	if len(args) == 0 {
		o, why := m.workObject()
		if why.IsEmpty() && (kind == kindNode) != (o.Kind == kindNode) {
			why = fleet.Text("name the object: a node is selected")
			if kind == kindNode {
				why = fleet.Text("name the node: what is selected is none")
			}
		}
		return o, why
	}
	o, err := m.rollouts.Find(args[0], kind)
	if err != nil {
		return o, fleet.Sentence(err)
	}
	return o, works()
}

// cmdWork plans a deed that has nothing to fill in.
func (m *Model) cmdWork(d fleet.Deed, kind string, args []string) (tea.Cmd, fleet.Safe) {
	if len(args) > 1 {
		return nil, fleet.Text("name one object; tab completes")
	}
	o, why := m.namedObject(kind, args)
	if !why.IsEmpty() {
		return nil, why
	}
	return m.planDeed(o, d, nil)
}

// planDeed opens the plan step of a deed with fields set, and plans it where something is set.
func (m *Model) planDeed(o fleet.ObjectRef, d fleet.Deed, set []string) (tea.Cmd, fleet.Safe) {
	if c := m.book.OpenOn(actions.ObjectLock(o)); c != nil {
		return m.showChange(c), works()
	}
	form := views.WorkForm{Fields: workFields(d)}
	for _, word := range set {
		id, text, _ := strings.Cut(word, "=")
		if !setField(&form, id, text) {
			return nil, fleet.Concat(fleet.Quote(word), fleet.Text(" is none of the fields: tab completes them"))
		}
	}
	cmd := m.openWork(o, d)
	if len(set) == 0 {
		return cmd, works()
	}
	for i, f := range form.Fields {
		if f.Set || f.Text.Text != "" {
			m.shift.state.Work.Fields[i].Text, m.shift.state.Work.Fields[i].Set = f.Text, f.Set
		}
	}
	return tea.Batch(cmd, m.replan()), works()
}

// cmdUpgrade plans an upgrade: of the named object, else of the selected one, with fields set as FIELD=TEXT.
func (m *Model) cmdUpgrade(args []string) (tea.Cmd, fleet.Safe) {
	var name []string
	if len(args) > 0 && !isField(args[0]) {
		name, args = args[:1], args[1:]
	}
	o, why := m.namedObject("", name)
	if !why.IsEmpty() {
		return nil, why
	}
	return m.planDeed(o, fleet.DoUpgrade, args)
}

// isField tells whether a word sets a field of an upgrade.
func isField(word string) bool {
	id, _, _ := strings.Cut(word, "=")
	return slices.ContainsFunc(workFields(fleet.DoUpgrade), func(f views.WorkField) bool { return f.ID == id })
}

func (m *Model) cmdScale(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) == 0 || len(args) > 2 {
		return nil, fleet.Text("name an object, and how many replicas are wanted: scale llama-70b 4")
	}
	o, why := m.namedObject("", args[:1])
	if !why.IsEmpty() {
		return nil, why
	}
	return m.planDeed(o, fleet.DoScale, replicasSet(args[1:]))
}

func (m *Model) cmdAdvance(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) == 0 || len(args) > 2 {
		return nil, fleet.Text("name an object, and the share that is wanted where its system takes any: advance llama-70b 25")
	}
	o, why := m.namedObject("", args[:1])
	if !why.IsEmpty() {
		return nil, why
	}
	var set []string
	if len(args) == 2 {
		set = []string{askShare + "=" + args[1]}
	}
	return m.planDeed(o, fleet.DoAdvance, set)
}

func (m *Model) cmdTraffic(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) == 0 {
		return nil, fleet.Text("name an object, and the weights that are wanted: traffic llama-70b llama-v2=10")
	}
	o, why := m.namedObject("", args[:1])
	if !why.IsEmpty() {
		return nil, why
	}
	var set []string
	if len(args) > 1 {
		set = []string{askWeights + "=" + strings.Join(args[1:], " ")}
	}
	return m.planDeed(o, fleet.DoTraffic, set)
}

// trafficWords are the objects, then the weights that the members of the named one have.
func trafficWords(m *Model, args []string) []string {
	if len(args) < 2 || m.rollouts == nil {
		return workloadWords(m, args)
	}
	o, err := m.rollouts.Find(args[0], "")
	if err != nil {
		return nil
	}
	return strings.Fields(weightWords(m.states.upgrades.Seen[o].Rollout.Traffic.Members))
}

func replicasSet(args []string) []string {
	if len(args) == 0 {
		return nil
	}
	return []string{askReplicas + "=" + args[0]}
}

func (m *Model) cmdAutoscaler(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) < 2 || len(args) > 3 || args[0] != "hold" && args[0] != "release" {
		return nil, fleet.Text("say hold or release, and name the object: autoscaler hold llama-70b 4")
	}
	o, why := m.namedObject("", args[1:2])
	if !why.IsEmpty() {
		return nil, why
	}
	if args[0] == "release" {
		return m.planDeed(o, fleet.DoFreeScaler, nil)
	}
	return m.planDeed(o, fleet.DoHoldScaler, replicasSet(args[2:]))
}

// workloadWords are the pools and what keeps replicas.
func workloadWords(m *Model, args []string) []string {
	if m.snap == nil || len(args) != 1 {
		return nil
	}
	var names []string
	for i := range m.snap.Pools {
		if p := &m.snap.Pools[i].Spec; p.Workload.Name != "" { // others are found by the name of what keeps them
			names = append(names, string(p.ID))
		}
	}
	return append(names, objectWords(m, args, func(c *fleet.Cluster, add func(string) bool) {
		for _, w := range c.Workloads {
			if !add(w.Kind + "/" + w.Namespace + "/" + w.Name) {
				return
			}
		}
	})...)
}

func upgradeWords(m *Model, args []string) []string {
	if len(args) < 2 {
		return workloadWords(m, args)
	}
	var words []string
	for _, f := range workFields(fleet.DoUpgrade) {
		if f.Mark {
			words = append(words, f.ID)
		} else {
			words = append(words, f.ID+"=")
		}
	}
	return words
}

func autoscalerWords(m *Model, args []string) []string {
	if len(args) < 2 {
		return onlyFirst(args, []string{"hold", "release"})
	}
	return workloadWords(m, args[1:])
}
