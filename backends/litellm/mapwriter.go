package litellm

import (
	"context"
	"fmt"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/mapentry"
	"pitwall/fleet"
)

// mapSettle is how long a rolling restart of a gateway may take.
const mapSettle = 5 * time.Minute

// mapWriter changes weights where LiteLLM reads them from an entry of a ConfigMap as its pods start: it edits the text by one
// guarded write and has the pods replaced by their own controller, which goes by their readiness and never stops all at once.
type mapWriter struct {
	gateway
	place mapPlace
}

func newMapWriter(g gateway, deps fleet.Deps) (fleet.RouteWriter, error) {
	place, err := newMapPlace(g.spec)
	if err != nil {
		return nil, err
	}
	place.Entry, err = place.Opened(deps)
	return &mapWriter{gateway: g, place: place}, err
}

// Settle is how long the pods may take to be replaced.
func (w *mapWriter) Settle() time.Duration {
	if w.spec.Settle > 0 {
		return w.spec.Settle
	}
	return mapSettle
}

// SetWeights edits the text and rolls the workload. Both are absolute: a repeated call goes on where an interrupted one
// stopped. Either write is rehearsed first.
func (w *mapWriter) SetWeights(ctx context.Context, r fleet.RouteSpec, before, after fleet.Weights) error {
	if err := checkWanted(r, after); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*writeTimeout)
	defer cancel()
	doc, err := w.place.Get(ctx, mapentry.Kind, w.place.Object)
	if err != nil {
		return w.failed(r, err, "nothing was written")
	}
	was, text, err := w.plan(doc, r, before, after)
	if err != nil {
		return err
	}
	workload, err := w.place.Get(ctx, w.place.kind, w.place.workload)
	if err != nil {
		return w.failed(r, err, "nothing was written")
	}
	if err := w.matters(ctx, r); err != nil {
		return err
	}
	roll, rolled := w.place.roll(workload, text), jsonptr.Text(workload, markAt) == mapentry.Mark(text)
	id := "pitwall-config-" + mapentry.Mark(text)
	if !rolled {
		if err := w.place.Writer().Write(ctx, roll, id, true); err != nil {
			return w.failed(r, err, "nothing was written")
		}
	}
	if string(was) != string(text) {
		edit := w.place.Edit(doc, was, text, fleet.Textf("weights of %s", fleet.Label(string(r.ID))))
		if err := w.place.Write(ctx, edit, id); err != nil {
			return w.failed(r, err, "its pods were not rolled")
		}
	}
	if rolled {
		return nil
	}
	if err := w.place.Writer().Write(ctx, roll, id, false); err != nil {
		return w.failed(r, err, fmt.Sprintf("the text is written, and the pods of %s %s run with the one before until they start again",
			w.place.workload.Kind, w.place.workload.Name))
	}
	return nil
}

// plan gives the text and the edited one; both are the same where it holds after already.
func (w *mapWriter) plan(doc any, r fleet.RouteSpec, before, after fleet.Weights) (was, text []byte, err error) {
	refuse := func(kind fleet.Kind, cause error, next string) ([]byte, []byte, error) {
		return nil, nil, &fleet.Error{Kind: kind, Op: "set weights of " + string(r.ID), Source: fleet.SourceID(w.spec.ID), Err: cause,
			Next: next + "; nothing was written"}
	}
	cannot := w.place.Called() + " cannot be edited"
	if was, err = w.place.Text(doc); err != nil {
		return refuse(fleet.KindNotFound, err, cannot)
	}
	c, err := parseConfig(was)
	if err != nil {
		return refuse(fleet.KindInvalid, nil, cannot+": it is no YAML that pitwall edits") // a parser's error may quote a line
	}
	now, err := c.weights(r)
	switch {
	case err != nil:
		return refuse(fleet.KindInvalid, err, cannot)
	case now.Equal(after):
		return was, was, nil
	case !now.Equal(before):
		return refuse(fleet.KindConflict, nil, fmt.Sprintf("%s holds %s, neither %s as planned on nor %s as wanted: someone else changed it",
			w.place.Called(), list(r, now), list(r, before), list(r, after)))
	}
	if text, err = c.edit(r, after); err != nil {
		return refuse(fleet.KindUnsupported, err, cannot)
	}
	return was, text, nil
}

// matters refuses an edit that would change nothing, as far as the replicas that answer tell.
func (w *mapWriter) matters(ctx context.Context, r fleet.RouteSpec) error {
	for i, h := range w.ask(ctx, r) {
		if h.err != nil {
			continue
		}
		for id, d := range h.members {
			if d.fromDB {
				return unsupported("set weights of "+string(r.ID), fmt.Sprintf("%s comes from the database on %s, where the file has no say: "+
					"leave the ConfigMap out of the gateway's options, and pitwall uses the API", id, h.replica))
			}
		}
		ask, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		return checkStrategy(ask, w.gateway, w.replicas[i], r)
	}
	return nil
}

func (w *mapWriter) failed(r fleet.RouteSpec, err error, next string) error {
	return w.place.Failed("set weights of "+string(r.ID), err, next)
}

// Resync rolls the workload where it was not rolled onto the stored text; a pod that started with it holds it.
func (w *mapWriter) Resync(ctx context.Context, r fleet.RouteSpec, id fleet.GatewayReplicaID) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	doc, err := w.place.Get(ctx, mapentry.Kind, w.place.Object)
	if err != nil {
		return err
	}
	text, err := w.place.Text(doc)
	if err != nil {
		return &fleet.Error{Kind: fleet.KindNotFound, Op: "resync " + string(id), Err: err, Next: "nothing was written"}
	}
	workload, err := w.place.Get(ctx, w.place.kind, w.place.workload)
	if err != nil {
		return err
	}
	if jsonptr.Text(workload, markAt) == mapentry.Mark(text) {
		return unsupported("resync "+string(id), fmt.Sprintf("the pods of %s %s are rolled onto this text already, or are about to be: look "+
			"at the rollout, or delete the pod of this replica", w.place.workload.Kind, w.place.workload.Name))
	}
	if err := w.place.Writer().Write(ctx, w.place.roll(workload, text), "pitwall-config-"+mapentry.Mark(text), false); err != nil {
		return w.failed(r, err, "nothing was written")
	}
	return nil
}

// Editable refuses: weights are all that is edited in a config file.
func (w *mapWriter) Editable(_ context.Context, r fleet.RouteSpec, e fleet.RouteEdit) error {
	return fileEdits(r, e)
}

// Edit refuses likewise.
func (w *mapWriter) Edit(_ context.Context, r fleet.RouteSpec, e fleet.RouteEdit) error {
	return fileEdits(r, e)
}
