package litellm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pitwall/backends/internal/filetext"
	"pitwall/fleet"
)

// fileWriter changes weights where LiteLLM reads them from a file at start: it edits the file and makes one
// replica after the other read it again. The file is always either the old or the new one, and a repeated call
// goes on where an interrupted one stopped, because each step looks first whether it is still needed.
type fileWriter struct {
	gateway
	files filetext.Replacer
}

func newFileWriter(g gateway) *fileWriter { return &fileWriter{gateway: g} }

// pathOf is the file that a replica reads.
func (w *fileWriter) pathOf(r replica) string {
	switch {
	case r.spec.File != "":
		return r.spec.File
	case w.spec.File != nil:
		return w.spec.File.Path
	default:
		return ""
	}
}

// Settle is zero unless configured: a write waits for every replica, and none takes anything over later by itself.
func (w *fileWriter) Settle() time.Duration { return w.spec.Settle }

func (w *fileWriter) ready() time.Duration {
	if w.spec.File != nil && w.spec.File.ReloadReady > 0 {
		return w.spec.File.ReloadReady
	}
	return defaultReload
}

// SetWeights edits the file and reloads the replicas that do not hold the new weights yet, one at a time; the
// first that does not come back stops the rollout, and the error says which replica holds what.
func (w *fileWriter) SetWeights(ctx context.Context, r fleet.RouteSpec, before, after fleet.Weights) error {
	if err := checkWanted(r, after); err != nil {
		return err
	}
	if err := w.checkAll(ctx, r, before, after); err != nil {
		return err
	}
	for _, rep := range w.replicas {
		if err := w.ensureFile(r, w.pathOf(rep), before, after); err != nil {
			return w.stopped(ctx, r, rep, err)
		}
		if err := w.ensureLoaded(ctx, r, rep, after); err != nil {
			return w.stopped(ctx, r, rep, err)
		}
	}
	return nil
}

// checkAll refuses before anything is touched: every file must hold before or after and be editable, every replica
// must have a reload command, and what the replicas say must not make the edit pointless.
func (w *fileWriter) checkAll(ctx context.Context, r fleet.RouteSpec, before, after fleet.Weights) error {
	for _, rep := range w.replicas {
		if len(rep.spec.Reload) == 0 || w.pathOf(rep) == "" {
			return w.refuse(r, fleet.KindInvalid, fmt.Sprintf("the replica %s has no file or no reload command configured",
				rep.spec.ID), nil)
		}
		if _, _, err := w.plan(r, w.pathOf(rep), before, after); err != nil {
			return err
		}
	}
	strategySeen := false
	for i, h := range w.ask(ctx, r) {
		if h.err != nil {
			continue
		}
		for id, d := range h.members {
			if d.fromDB {
				return w.refuse(r, fleet.KindUnsupported, fmt.Sprintf("%s comes from the database on %s, where the file "+
					"has no say: leave the gateway's file out of the configuration, and pitwall uses the API", id, h.replica), nil)
			}
		}
		if !strategySeen {
			strategySeen = true
			ask, cancel := context.WithTimeout(ctx, askTimeout)
			err := checkStrategy(ask, w.gateway, w.replicas[i], r)
			cancel()
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// plan reads a file and gives its text and the edited text; both are the same when it holds after already.
func (w *fileWriter) plan(r fleet.RouteSpec, path string, before, after fleet.Weights) (old, text []byte, err error) {
	old, err = w.files.Read(path)
	if err != nil {
		return nil, nil, w.refuse(r, fleet.KindInvalid, fmt.Sprintf("the file %s cannot be edited", path), err)
	}
	c, err := parseConfig(old)
	if err != nil {
		return nil, nil, w.refuse(r, fleet.KindInvalid, fmt.Sprintf("the file %s cannot be edited", path), err)
	}
	now, err := c.weights(r)
	if err != nil {
		return nil, nil, w.refuse(r, fleet.KindInvalid, fmt.Sprintf("the file %s cannot be edited", path), err)
	}
	switch {
	case now.Equal(after):
		return old, old, nil
	case !now.Equal(before):
		return nil, nil, w.refuse(r, fleet.KindConflict, fmt.Sprintf("the file %s holds %s, neither %s as planned on "+
			"nor %s as wanted: someone else changed it", path, list(r, now), list(r, before), list(r, after)), nil)
	}
	text, err = c.edit(r, after)
	if err != nil {
		return nil, nil, w.refuse(r, fleet.KindUnsupported, fmt.Sprintf("the file %s cannot be edited", path), err)
	}
	return old, text, nil
}

func (w *fileWriter) refuse(r fleet.RouteSpec, kind fleet.Kind, next string, cause error) error {
	return &fleet.Error{
		Kind: kind, Op: "set weights of " + string(r.ID), Source: fleet.SourceID(w.spec.ID),
		Next: next + "; nothing was written", Err: cause,
	}
}

// ensureFile edits one file unless it holds after.
func (w *fileWriter) ensureFile(r fleet.RouteSpec, path string, before, after fleet.Weights) error {
	old, text, err := w.plan(r, path, before, after)
	if err != nil {
		return err
	}
	if string(old) == string(text) {
		return nil
	}
	if err := w.files.Replace(path, old, text); err != nil {
		kind := fleet.KindInternal
		if errors.Is(err, filetext.ErrChanged) {
			kind = fleet.KindConflict
		}
		return &fleet.Error{Kind: kind, Op: "replace " + path, Err: err}
	}
	w.log.Info("config file edited", "path", path, "route", string(r.ID), "weights", list(r, after))
	return nil
}

// ensureLoaded reloads one replica unless it reports the weights, and waits until it does.
func (w *fileWriter) ensureLoaded(ctx context.Context, r fleet.RouteSpec, rep replica, after fleet.Weights) error {
	if w.askOne(ctx, rep, r).holds(r, after) {
		return nil
	}
	return w.reload(ctx, r, rep, after)
}

func (w *fileWriter) reload(ctx context.Context, r fleet.RouteSpec, rep replica, want fleet.Weights) error {
	begin := w.clock.Now()
	if err := runReload(ctx, rep.spec.Reload, w.ready()); err != nil {
		return &fleet.Error{
			Kind: reloadKind(ctx), Op: "reload " + string(rep.spec.ID), Source: fleet.SourceID(rep.spec.ID), Err: err,
		}
	}
	task := w.clock.Task()
	defer task.Done()
	for {
		if w.alive(ctx, rep) && w.askOne(ctx, rep, r).holds(r, want) {
			return nil
		}
		if w.clock.Now().Sub(begin) >= w.ready() {
			return &fleet.Error{
				Kind: fleet.KindTimeout, Op: "reload " + string(rep.spec.ID), Source: fleet.SourceID(rep.spec.ID),
				Next: fmt.Sprintf("it did not come back with %s within %s", list(r, want), w.ready()),
			}
		}
		if err := task.Sleep(ctx, reloadPollWait); err != nil {
			return &fleet.Error{
				Kind: fleet.KindInterrupted, Op: "reload " + string(rep.spec.ID), Source: fleet.SourceID(rep.spec.ID), Err: err,
			}
		}
	}
}

func reloadKind(ctx context.Context) fleet.Kind {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fleet.KindInterrupted
	}
	return fleet.KindServer
}

func (w *fileWriter) alive(ctx context.Context, rep replica) bool {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return rep.api.alive(ctx) == nil
}

// stopped says what holds now: the files, and each replica.
func (w *fileWriter) stopped(ctx context.Context, r fleet.RouteSpec, at replica, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	var parts []string
	for _, h := range w.ask(ctx, r) {
		now, err := h.weights()
		if err != nil {
			parts = append(parts, fmt.Sprintf("%s does not answer", h.replica))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s holds %s", h.replica, list(r, now)))
	}
	file := "the file cannot be read"
	if text, err := w.files.Read(w.pathOf(at)); err == nil {
		if c, err := parseConfig(text); err == nil {
			if now, err := c.weights(r); err == nil {
				file = fmt.Sprintf("the file of %s holds %s, which a restart loads", at.spec.ID, list(r, now))
			}
		}
	}
	return &fleet.Error{
		Kind: fleet.KindOf(cause), Op: "set weights of " + string(r.ID), Err: cause,
		Next: fmt.Sprintf("the rollout stopped at %s; %s; %s", at.spec.ID, strings.Join(parts, ", "), file),
	}
}

// Resync reloads one replica, so that it holds what its file says.
func (w *fileWriter) Resync(ctx context.Context, r fleet.RouteSpec, id fleet.GatewayReplicaID) error {
	rep, err := w.replica(id)
	if err != nil {
		return err
	}
	if len(rep.spec.Reload) == 0 {
		return &fleet.Error{
			Kind: fleet.KindInvalid, Op: "resync " + string(id), Next: "no reload command is configured for it",
		}
	}
	text, err := w.files.Read(w.pathOf(rep))
	if err != nil {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "resync " + string(id), Err: err, Next: "it was not reloaded"}
	}
	c, err := parseConfig(text)
	if err != nil {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "resync " + string(id), Err: err, Next: "it was not reloaded"}
	}
	want, err := c.weights(r)
	if err != nil {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "resync " + string(id), Err: err, Next: "it was not reloaded"}
	}
	return w.reload(ctx, r, rep, want)
}
