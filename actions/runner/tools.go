package runner

import (
	"fmt"

	"pitwall/actions"
	"pitwall/fleet"
)

// tools are what a change is written with: one of the three.
type tools struct {
	writer   fleet.RouteWriter
	silencer fleet.Silencer
	roller   fleet.Roller
	objects  fleet.ObjectWriter
}

// equip gives the carrier what carries a change of this kind.
func (k *carrier) equip(with tools, c *actions.Change) {
	switch {
	case c.Plan.Work != nil && with.roller != nil:
		k.work = &work{read: with.roller, write: with.objects, plan: c.Plan.Work, golden: k.r.o.Golden.forPlan(c.Plan.Work)}
	case c.Plan.Edit != nil && with.writer != nil:
		if e, ok := editingOf(with.writer, &c.Plan, k.r.o.Clock); ok {
			k.errand, k.writer = e, nil
		}
	case c.Plan.Silence != nil && with.silencer != nil:
		k.errand = errandOf(with.silencer, c)
	}
}

// toolsFor gives the writer of a plan's object while this process may write.
func (r *Runner) toolsFor(p *actions.Plan) (tools, error) {
	r.mu.Lock()
	silences, works, stopping := r.silences, r.works, r.stopping
	r.mu.Unlock()
	switch {
	case stopping:
		return tools{}, refuse(fleet.KindInterrupted, "this process is ending", "start it again in a new console")
	case p.Work != nil:
		return workTools(works, p)
	case p.Edit != nil:
		return r.editTools(p)
	case !p.Errand():
		w, err := r.writerFor(p.Gateway)
		return tools{writer: w}, err
	case silences == nil:
		return tools{}, refuse(fleet.KindReadOnly, "no writer exists", "arm the console first")
	}
	s, ok := silences(p.Silence.Source)
	if !ok {
		return tools{}, refuse(fleet.KindReadOnly, fmt.Sprintf("%s takes no silences from here", fleet.Label(p.Object())),
			"see it under Sources")
	}
	return tools{silencer: s}, nil
}

// editTools gives the writer of a gateway that can edit what a plan edits.
func (r *Runner) editTools(p *actions.Plan) (tools, error) {
	w, err := r.writerFor(p.Gateway)
	if err != nil {
		return tools{}, err
	}
	what := "beside weights"
	_, ok := w.(fleet.RouteEditor)
	if p.OfKey() {
		what = "of keys and teams"
		_, ok = w.(fleet.KeyEditor)
	}
	if !ok {
		return tools{}, refuse(fleet.KindUnsupported, fmt.Sprintf("nothing %s can be changed of gateway %s", what,
			fleet.Label(string(p.Gateway))), "nothing was written")
	}
	return tools{writer: w}, nil
}

func workTools(works Works, p *actions.Plan) (tools, error) {
	if works == nil {
		return tools{}, refuse(fleet.KindReadOnly, "no writer exists", "arm the console first")
	}
	read, write, ok := works(p.Work.Was.Object.Cluster)
	if !ok {
		return tools{}, refuse(fleet.KindReadOnly, fmt.Sprintf("nothing writes objects of cluster %s from here",
			fleet.Label(string(p.Work.Was.Object.Cluster))), "see it under Sources")
	}
	return tools{roller: read, objects: write}, nil
}

// writerFor gives the writer of a gateway while this process may write.
func (r *Runner) writerFor(id fleet.GatewayID) (fleet.RouteWriter, error) {
	r.mu.Lock()
	writers, stopping := r.writers, r.stopping
	r.mu.Unlock()
	if stopping {
		return nil, refuse(fleet.KindInterrupted, "this process is ending", "start it again in a new console")
	}
	if writers == nil {
		return nil, refuse(fleet.KindReadOnly, "no writer exists", "arm the console first")
	}
	w, ok := writers(id)
	if !ok {
		return nil, refuse(fleet.KindReadOnly, fmt.Sprintf("gateway %s cannot be written", fleet.Label(string(id))),
			"see its mode under Sources")
	}
	return w, nil
}
