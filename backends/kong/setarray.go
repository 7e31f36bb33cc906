package kong

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// setArray sends all targets of a plugin back with other weights, since Kong replaces arrays whole. The document is read once
// more just before, so that what goes back is what is there; the weights in it are compared.
func (w *writer) setArray(ctx context.Context, n admin, held route, r fleet.RouteSpec, before, after fleet.Weights) error {
	w.remember(ctx)
	path := n.api.at("plugins", held.key)
	doc, err := n.api.document(ctx, path)
	if err != nil {
		return err
	}
	fresh, ok := pluginRoute(doc)
	if !ok || fresh.id != held.id || fresh.shape != aiTargets {
		return w.refuse(fleet.KindConflict, opSet, r.ID, "another plugin is there by now")
	}
	if why := fresh.routing.Fixed; !why.IsEmpty() {
		return w.refuse(fleet.KindUnsupported, opSet, r.ID, why.String())
	}
	now, err := fresh.weights(r)
	switch {
	case err != nil:
		return err
	case !now.Equal(before):
		return w.changed(r, now)
	}
	targets, _ := jsonptr.Find(weighed(doc, fresh, r, after), "/config/targets")
	sent := n.api.patch(ctx, path, map[string]any{"config": map[string]any{"targets": targets}})
	return w.judge(ctx, n, path, r, targets, before, after, sent)
}

// takenUnseen is what holds after a write that was accepted and could not be read back.
const takenUnseen = "Kong took the weights, and what it holds now could not be read; read it back before the next change"

// weighed is the document with other weights and nothing else changed.
func weighed(doc any, held route, r fleet.RouteSpec, after fleet.Weights) any {
	for _, t := range r.Targets {
		m := held.member(t)
		if v, wanted := after[t.ID]; m != nil && wanted && float64(v) != m.weight.V {
			doc = jsonptr.With(doc, m.at, v)
		}
	}
	return doc
}

// judge reads what is stored now. sent is the error of the call, which may have been stored in spite of it.
func (w *writer) judge(
	ctx context.Context, n admin, path string, r fleet.RouteSpec, targets any, before, after fleet.Weights, sent error,
) error {
	fail := func(kind fleet.Kind, cause error, next string) error {
		return &fleet.Error{Kind: kind, Op: opSet + " of " + fleet.Quote(string(r.ID)).String(), Source: n.api.source, Err: cause,
			Retry: fleet.RetryAfter(sent), Next: next}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	doc, err := n.api.document(ctx, path)
	if err != nil {
		if sent == nil {
			return fail(fleet.KindOf(err), err, takenUnseen)
		}
		return fail(fleet.KindOf(sent), sent, "what it holds now could not be read; read it back before the next change")
	}
	stored, _ := pluginRoute(doc)
	now, err := stored.weights(r)
	if err != nil {
		return err
	}
	is, _ := jsonptr.Find(doc, "/config/targets")
	lost, differs := differs(targets, is, "")
	text := now.Text(order(r)).String()
	switch {
	case now.Equal(after) && !differs:
		return nil // whatever the call itself came to
	case now.Equal(after):
		return fail(fleet.KindConflict, errors.New(lost+" of its targets is not as it was sent back"),
			"the weights are set; someone else changed the targets at the same time, or Kong did not take them as they were: compare them in Kong")
	case sent != nil && now.Equal(before):
		return fail(fleet.KindOf(sent), sent, "nothing was changed; it holds "+text)
	case sent != nil:
		return fail(fleet.KindOf(sent), sent, "it holds "+text)
	case now.Equal(before):
		return fail(fleet.KindServer, errors.New("the weights were accepted, and those of before are held"), "it holds "+text)
	}
	return fail(fleet.KindConflict, errors.New("someone else changed it at the same time"), "it holds "+text)
}

// differs finds the first place at which two values are not the same, by its pointer. Null is the same as absence, and numbers
// are compared by their value: Kong writes them in its own way.
func differs(a, b any, path string) (string, bool) {
	if a == nil {
		a, b = b, a
	}
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok && b != nil {
			return place(path), true
		}
		return objectsDiffer(x, y, path)
	case []any:
		y, ok := b.([]any)
		if !ok && b != nil || len(x) != len(y) {
			return place(path), true
		}
		for i := range x {
			if at, not := differs(x[i], y[i], path+"/"+strconv.Itoa(i)); not {
				return at, true
			}
		}
		return "", false
	}
	return place(path), scalar(a) != scalar(b)
}

func objectsDiffer(x, y map[string]any, path string) (string, bool) {
	for _, name := range slices.Sorted(maps.Keys(x)) {
		if at, not := differs(x[name], y[name], path+"/"+name); not {
			return at, true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(y)) {
		if _, both := x[name]; !both && y[name] != nil {
			return place(path + "/" + name), true
		}
	}
	return "", false
}

func scalar(v any) string {
	if f := number(v, ""); f.OK {
		return strconv.FormatFloat(f.V, 'g', -1, 64)
	}
	if s, ok := v.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(v)
}

func place(path string) string { return fleet.Quote(path).String() }
