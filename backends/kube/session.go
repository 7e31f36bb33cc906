package kube

import (
	"context"
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"pitwall/fleet"
)

// session lists where nothing is known, and then watches until the server ends it. It returns from where to go on.
func (f *follower) session(ctx context.Context, task fleet.Task, c *conn, version string) (string, error) {
	next, err := f.attend(ctx, task, c, version)
	if f.optional && errors.Is(err, errForbidden) {
		task.Idle(func() { err = f.orAbsent(ctx, c, err) })
	}
	return next, err
}

// orAbsent turns a refusal into absence where the cluster does not have the kind: a server asks for the right first.
func (f *follower) orAbsent(ctx context.Context, c *conn, refusal error) error {
	ctx, cancel := context.WithTimeout(ctx, pageWithin)
	defer cancel()
	resp, err := c.get(ctx, "/apis/"+f.version.String(), "application/json")
	if err != nil {
		return refusal
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return c.fail(fleet.KindNotFound, "list "+f.plural, "the cluster does not have them", "", nil)
	}
	return refusal
}

func (f *follower) attend(ctx context.Context, task fleet.Task, c *conn, version string) (string, error) {
	opt := metav1.ListOptions{AllowWatchBookmarks: true, Watch: true, ResourceVersion: version}
	switch {
	case version != "":
	case f.paged:
		var err error
		if opt.ResourceVersion, err = f.listPages(ctx, task, c); err != nil {
			return "", err
		}
		version = opt.ResourceVersion
	default:
		yes := true
		opt.SendInitialEvents, opt.ResourceVersionMatch = &yes, metav1.ResourceVersionMatchNotOlderThan
	}
	return f.watch(ctx, task, c, version, opt)
}

// watch reads events until the stream ends. With initial events it is the list too, object by object.
func (f *follower) watch(ctx context.Context, task fleet.Task, c *conn, version string, opt metav1.ListOptions) (string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	initial := opt.SendInitialEvents != nil
	f.streaming(cancel, initial)
	defer f.streaming(nil, false)
	seconds := int64((watchFor + time.Duration(f.rand.Int64N(int64(watchFor/4)))).Seconds())
	opt.TimeoutSeconds = &seconds
	var w watch.Interface
	var err error
	task.Idle(func() { w, err = f.get(ctx, c, opt) })
	if err != nil {
		return version, f.failure(ctx, c, err)
	}
	defer w.Stop()
	var seen map[key]struct{}
	if initial {
		seen = map[key]struct{}{}
	} else {
		f.unsay()
	}
	for {
		var e watch.Event
		more := false
		task.Idle(func() {
			select {
			case e, more = <-w.ResultChan():
			case <-ctx.Done():
			}
		})
		if !more {
			return f.ended(ctx, c, version, seen)
		}
		f.line.alive()
		f.touch()
		if e.Type == watch.Error {
			return version, f.broken(ctx, c, e.Object)
		}
		m, err := meta.Accessor(e.Object)
		if err != nil {
			return "", f.failure(ctx, c, err)
		}
		if m.GetResourceVersion() != "" && seen == nil {
			version = m.GetResourceVersion()
		}
		if e.Type == watch.Bookmark {
			if seen != nil { // the first bookmark stands behind the whole list
				f.finish(seen)
				seen, version = nil, m.GetResourceVersion()
				f.streaming(cancel, false)
			}
			continue
		}
		f.apply(e, m, seen)
	}
}

// ended is a stream that is over: by the server's own time limit, by a lost connection, or because it did not come.
func (f *follower) ended(ctx context.Context, c *conn, version string, seen map[key]struct{}) (string, error) {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errSilent):
		return "", errSilent
	case errors.Is(cause, errDown):
		return version, nil // the next session waits until it answers
	case cause != nil:
		return version, cause
	}
	f.line.suspect()
	if seen != nil {
		return "", c.fail(fleet.KindUnreachable, "list "+f.plural, "the list broke off", "it is asked for again", nil)
	}
	return version, nil
}

// broken is an error inside of a stream, such as 410: what changed meanwhile is no longer known to the server.
func (f *follower) broken(ctx context.Context, c *conn, o runtime.Object) error {
	if s, ok := o.(*metav1.Status); ok {
		e := c.statusFailure("watch "+f.plural, *s)
		if e.Kind == fleet.KindStale {
			return errExpired
		}
		if isDecoding(&apierrors.StatusError{ErrStatus: *s}) {
			return c.fail(fleet.KindUnreachable, "watch "+f.plural, "the stream broke off", "it is begun again", nil)
		}
		return e
	}
	return f.failure(ctx, c, errors.New("the watch sent what is no status"))
}

func (f *follower) failure(ctx context.Context, c *conn, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errSilent) || errors.Is(cause, errDown) {
		return cause
	}
	e := c.failure(ctx, "list "+f.plural, err)
	if fleet.KindOf(e) == fleet.KindStale {
		return errExpired
	}
	return e
}

// apply takes one event.
func (f *follower) apply(e watch.Event, m metav1.Object, seen map[key]struct{}) {
	k := keyOfMeta(m)
	var row any
	if e.Type != watch.Deleted {
		row = f.row(e.Object, f.conv)
	}
	now := f.set.deps.Clock.Now()
	f.world.mu.Lock()
	var changed bool
	if row == nil {
		changed = f.drop(f.world, k)
	} else {
		changed = f.put(f.world, row, now)
		if seen != nil {
			seen[k] = struct{}{}
		}
	}
	f.world.mu.Unlock()
	if changed {
		f.dirty()
	}
}

// finish ends a list: rows that were not in it are gone.
func (f *follower) finish(seen map[key]struct{}) {
	f.fails = 0
	f.world.mu.Lock()
	for _, k := range f.keys(f.world) {
		if _, ok := seen[k]; !ok {
			f.drop(f.world, k)
		}
	}
	w := f.world.watch(f.plural)
	w.Synced, w.Err = true, f.scope.remark(f.plural)
	f.world.mu.Unlock()
	f.done()
	f.dirty()
}

// streaming keeps what ends the present session.
func (f *follower) streaming(stop context.CancelCauseFunc, list bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stop, f.stream, f.moved = stop, list, f.set.deps.Clock.Now()
}

func (f *follower) touch() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stream {
		f.moved = f.set.deps.Clock.Now()
	}
}

// hurry ends a session that cannot go on: a stream of a server that is gone may hang for ever, and some servers accept a
// streamed list and never begin it.
func (f *follower) hurry(now time.Time, gone bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.stop == nil:
	case gone:
		f.stop(errDown)
	case f.stream && now.Sub(f.moved) > silentStream:
		f.stop(errSilent)
	}
}
