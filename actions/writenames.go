package actions

import (
	"fmt"
	"slices"
	"strings"

	"pitwall/fleet"
)

// Parts of the names of writes beside the number of a stage.
const (
	ThenPart = "-then" // behind the number: what follows on the writes of a stage
	BackPart = "back"
	DryPart  = "dry" // all rehearsals of a change have one name
)

// WriteName names the n-th write of a part of a change to the server that it goes to.
func WriteName(id fleet.ChangeID, part string, n int) string {
	return fmt.Sprintf("%s/%s.%d", id, part, n)
}

// RehearsalName is the name of all rehearsals of a change.
func RehearsalName(id fleet.ChangeID) string { return string(id) + "/" + DryPart }

// NamedWrite is one write of a change as the API server of its cluster notes it.
type NamedWrite struct {
	Name    string // without the change: "1.1", "1-then.1", "back.1", "dry"
	AuditID string
	// Object is what it is on, with its part; zero where that follows from what was left to set back.
	Object fleet.ObjectRef `json:",omitzero"`
	Part   string          `json:",omitempty"`
	Text   fleet.Safe
}

// NamedWrites are those that a change has sent as far as it went, in order, and the rehearsals; nil where it writes to no
// cluster. One that was in place when its turn came was not sent.
func (c *Change) NamedWrites() []NamedWrite {
	if c.Plan.Work == nil || c.Started.IsZero() {
		return nil
	}
	var out []NamedWrite
	add := func(name string, w fleet.ObjectWrite) {
		if w.API.InCluster() {
			out = append(out, NamedWrite{Name: strings.TrimPrefix(name, string(c.ID)+"/"), AuditID: fleet.AuditID(name), Object: w.Object,
				Part: w.Part, Text: w.Text})
		}
	}
	stages := c.Plan.Work.Draft.Stages
	for i := range stages[:min(c.Step, len(stages))] {
		part := fmt.Sprint(i + 1)
		for j, w := range stages[i].Writes {
			add(WriteName(c.ID, part, j+1), w)
		}
		for j, w := range stages[i].Then {
			add(WriteName(c.ID, part+ThenPart, j+1), w)
		}
	}
	for j, w := range c.backWrites() {
		add(WriteName(c.ID, BackPart, j+1), w)
	}
	if len(stages) > 0 && len(stages[0].Writes) > 0 {
		add(RehearsalName(c.ID), fleet.ObjectWrite{API: stages[0].Writes[0].API, Text: fleet.Text("rehearsals, which store nothing")})
	}
	return out
}

// backWrites are those of the way back, as many as there can be: what is as before already is not written, and the next one
// takes its number.
func (c *Change) backWrites() []fleet.ObjectWrite {
	back := c.State == StateRollingBack || c.State == StateRolledBack
	for i := range c.Steps {
		back = back || c.Steps[i].Back
	}
	if !back || c.Step == 0 {
		return nil
	}
	var list []fleet.ObjectWrite // one for each part of an object, or those of the stage
	for _, w := range c.Plan.Work.Writes(c.Step) {
		if w.Verb == fleet.WriteSet && !w.Passing && !slices.ContainsFunc(list, func(o fleet.ObjectWrite) bool {
			return o.Object == w.Object && o.Part == w.Part
		}) {
			list = append(list, w)
		}
	}
	if n := min(c.Step, len(c.Plan.Work.Draft.Stages)); n > 0 && c.Plan.Work.Draft.Stages[n-1].Back != nil {
		list = slices.Clone(c.Plan.Work.Draft.Stages[n-1].Back)
	}
	for i := range list {
		if len(list) > 1 {
			list[i].Object, list[i].Part = fleet.ObjectRef{}, ""
		}
		list[i].Text = fleet.Text("the way back: what was before")
	}
	return list
}
