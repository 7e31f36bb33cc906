package litellm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pitwall/fleet"
)

// save changes one router setting by the call that stores them all. Every replica that answers must tell the same complete
// set: one that lags would bring an older state of the others back.
func (w *dbWriter) save(
	ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, p prepared, key string, change func(routerSettings) (any, error),
) error {
	var set, whole routerSettings
	var from replica
	for _, s := range w.standings(ctx, r, e) { // as late as can be: what is sent is the whole
		if s.err != nil {
			continue
		}
		one, all, err := changed(s.live, key, p.version, change)
		switch {
		case err != nil:
			return refusedSave(r, e, err)
		case set == nil:
			set, whole, from = one, all, s.rep
		case len(set.differs(one)) > 0:
			return &fleet.Error{Kind: fleet.KindConflict, Op: editOp(r, e),
				Next: fmt.Sprintf("%s and %s hold different router settings (%s), and LiteLLM stores them as a whole; nothing was "+
					"written; wait for their next look into the database, or resync", from.spec.ID, s.rep.spec.ID, names(set.differs(one)))}
		}
	}
	if set == nil {
		return nobody(r, e, nil)
	}
	rep, _, err := w.firstTaker(ctx, p, func(ctx context.Context, a *api) (bool, error) { return false, a.saveSettings(ctx, set) })
	if err != nil {
		return failedEdit(r, e, err)
	}
	now := w.standing(ctx, rep, r, e)
	if err := mustStand(r, e, now); err != nil {
		return err
	}
	if lost := whole.differs(now.live); len(lost) > 0 {
		return &fleet.Error{Kind: fleet.KindServer, Op: editOp(r, e), Source: fleet.SourceID(rep.spec.ID),
			Next: fmt.Sprintf("it was made, and with it LiteLLM changed %s, which nobody asked for: look at its settings", names(lost))}
	}
	return nil
}

// changed is what is sent for one replica's settings, and what the replica should then tell.
func changed(
	live routerSettings, key, version string, change func(routerSettings) (any, error),
) (set, all routerSettings, err error) {
	value, err := change(live)
	if err != nil {
		return nil, nil, err
	}
	all, err = live.with(key, value)
	if err != nil {
		return nil, nil, err
	}
	set, err = all.toSend(key, version)
	return set, all, err
}

func refusedSave(r fleet.RouteSpec, e fleet.RouteEdit, err error) error {
	if fleet.KindOf(err) != fleet.KindInternal {
		return err
	}
	return unsupported(editOp(r, e), err.Error())
}

// names are setting names of a gateway, safe to show.
func names(keys []string) string {
	const most = 5
	var out []string
	for _, k := range keys[:min(len(keys), most)] {
		out = append(out, fleet.Label(k).String())
	}
	if len(keys) > most {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

// firstTaker makes a call on the first replica that takes it. Calls are absolute, so that one whose end was not seen is
// made again on the next replica.
func (w *dbWriter) firstTaker(
	ctx context.Context, p prepared, call func(context.Context, *api) (bool, error),
) (taker replica, none bool, err error) {
	for _, s := range p.stands {
		if s.err != nil {
			continue
		}
		none, one := func() (bool, error) {
			ctx, cancel := context.WithTimeout(ctx, writeTimeout)
			defer cancel()
			return call(ctx, s.rep.api)
		}()
		if one == nil {
			return s.rep, none, nil
		}
		err = cmpOr(err, one)
		w.log.Warn("edit refused", "replica", string(s.rep.spec.ID), "error", one)
		again := []fleet.Kind{fleet.KindUnreachable, fleet.KindTimeout, fleet.KindServer, fleet.KindAuth, fleet.KindRateLimited}
		if !slices.Contains(again, fleet.KindOf(one)) || ctx.Err() != nil {
			break
		}
	}
	return replica{}, false, err
}

// failedEdit says that what is stored is not known, unless the refusal was certain.
func failedEdit(r fleet.RouteSpec, e fleet.RouteEdit, err error) error {
	next := "nothing was written"
	switch fleet.KindOf(err) {
	case fleet.KindUnsupported:
		return err
	case fleet.KindUnreachable, fleet.KindTimeout, fleet.KindServer, fleet.KindInterrupted, fleet.KindInternal:
		next = "it may have been stored all the same; read it back"
	default:
	}
	return &fleet.Error{Kind: fleet.KindOf(err), Op: editOp(r, e), Err: err, Next: next, Retry: fleet.RetryAfter(err)}
}

// mustStand holds LiteLLM to its word: it answers 200 to settings that it drops.
func mustStand(r fleet.RouteSpec, e fleet.RouteEdit, now edited) error {
	source := fleet.SourceID(now.rep.spec.ID)
	switch {
	case now.err != nil:
		return &fleet.Error{Kind: fleet.KindOf(now.err), Op: editOp(r, e), Source: source, Err: now.err,
			Next: "LiteLLM took it, and does not tell what it holds now"}
	case now.at != fleet.StandsAfter:
		return &fleet.Error{Kind: fleet.KindServer, Op: editOp(r, e), Source: source,
			Next: fmt.Sprintf("LiteLLM accepted it and changed nothing: it holds %s", fleet.Label(orNothing(now.now)))}
	}
	return nil
}
