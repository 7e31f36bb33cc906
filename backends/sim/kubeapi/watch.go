package kubeapi

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kwatch "k8s.io/apimachinery/pkg/watch"
)

const (
	// bookmarkEvery is how often an idle watch that asked for bookmarks gets one.
	bookmarkEvery = time.Minute
	// watchFor is how long a watch lasts that names no time.
	watchFor = 30 * time.Minute
	// lastMark is how long before its end a watch gets its last bookmark.
	lastMark = 2 * time.Second
)

// stream is one watch under way.
type stream struct {
	c         *call
	s         *Server
	sel       selection
	bookmarks bool
	out       io.Writer // frames
	flush     func() error
	pos       uint64 // all changes up to here were sent
	nextMark  time.Time
	end       time.Time
	ending    bool
	headed    bool // a table's columns were sent
}

// watch streams changes until the client leaves, the watch's time is over or the store closes.
func (s *Server) watch(c *call) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	sel, err := c.selection(o)
	if err != nil {
		return err
	}
	from, err := revision(o.ResourceVersion)
	if err != nil {
		return err
	}
	initial := from == 0 && o.SendInitialEvents == nil || o.SendInitialEvents != nil && *o.SendInitialEvents
	if now := s.o.Store.Revision(); initial && from > now {
		return tooNew(from, now)
	}
	if c.f.info.StreamSerializer == nil {
		return notAcceptable()
	}
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	st := s.stream(c, o, sel)
	st.pos = from
	if initial {
		if err := st.begin(o.SendInitialEvents != nil); err != nil {
			return nil // the client hung up
		}
	} else if from == 0 {
		st.pos = s.o.Store.Revision()
	}
	st.run()
	return nil
}

// enter counts a stream in; too many are turned away.
func (s *Server) enter() (func(), error) {
	if s.watchers.Add(1) > maxWatchers {
		s.watchers.Add(-1)
		return nil, apierrors.NewTooManyRequests("too many streams are open, please try again later", 1)
	}
	return func() { s.watchers.Add(-1) }, nil
}

func (s *Server) stream(c *call, o *internalversion.ListOptions, sel selection) *stream {
	now := s.o.Store.Now()
	st := &stream{c: c, s: s, sel: sel, bookmarks: o.AllowWatchBookmarks, nextMark: now.Add(bookmarkEvery), end: now.Add(watchFor)}
	if o.TimeoutSeconds != nil && *o.TimeoutSeconds > 0 {
		st.end = now.Add(time.Duration(*o.TimeoutSeconds) * time.Second)
	}
	media := c.f.info.MediaType
	if media == runtime.ContentTypeProtobuf {
		media += ";stream=watch"
	}
	c.w.Header().Set("Content-Type", media)
	c.w.Header().Set("Cache-Control", "no-cache, private")
	c.w.WriteHeader(http.StatusOK)
	st.out = c.f.info.StreamSerializer.NewFrameWriter(c.w)
	st.flush = http.NewResponseController(c.w).Flush
	return st
}

// begin sends what is there as added, and where the client asked for a streamed list the bookmark that ends it.
func (st *stream) begin(marked bool) error {
	rows, rev := st.s.o.Store.current(st.c.t, st.c.namespace)
	for _, r := range rows {
		if st.sel.matches(r) {
			if err := st.send(kwatch.Added, r.obj); err != nil {
				return err
			}
		}
	}
	st.pos = rev
	if marked && st.bookmarks {
		return st.mark(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	}
	return st.flush()
}

func (st *stream) run() {
	if st.flush() != nil {
		return
	}
	for {
		a := st.s.o.Store.after(st.c.t, st.pos)
		if a.gone {
			st.tooOld()
			return
		}
		for i := range a.changes {
			if st.change(&a.changes[i]) != nil {
				return
			}
		}
		st.pos = a.rev
		if len(a.changes) > 0 && st.flush() != nil {
			return
		}
		if !st.timely() {
			return
		}
		select {
		case <-a.more:
		case <-a.ticked:
		case <-st.s.o.Store.closed:
			return
		case <-st.c.r.Context().Done():
			return
		}
	}
}

// timely sends a bookmark when it is due, and says whether the watch goes on.
func (st *stream) timely() bool {
	now := st.s.o.Store.Now()
	if !now.Before(st.end.Add(-lastMark)) && !st.ending {
		st.ending, st.nextMark = true, now // the client goes on from here
	}
	if st.bookmarks && !now.Before(st.nextMark) {
		st.nextMark = now.Add(bookmarkEvery)
		if st.mark(nil) != nil {
			return false
		}
	}
	return now.Before(st.end)
}

// change sends what a change means to this watch: an object that leaves the selection is deleted for it.
func (st *stream) change(ch *change) error {
	if ns := st.c.namespace; ns != "" && !strings.HasPrefix(ch.key(), ns+"/") {
		return nil
	}
	was, is := st.sel.matches(ch.old), st.sel.matches(ch.now)
	switch {
	case is && !was:
		return st.send(kwatch.Added, ch.now.obj)
	case is:
		return st.send(kwatch.Modified, ch.now.obj)
	case was && ch.now == nil:
		return st.send(kwatch.Deleted, ch.last.obj)
	case was:
		return st.send(kwatch.Deleted, ch.old.gone(ch.rev).obj)
	}
	return nil
}

func (st *stream) mark(annotations map[string]string) error {
	obj, err := st.c.res.object()
	if err != nil {
		return err
	}
	acc, err := meta.Accessor(obj)
	if err != nil {
		return err
	}
	acc.SetResourceVersion(version(st.pos))
	acc.SetAnnotations(annotations)
	if err := st.send(kwatch.Bookmark, obj); err != nil {
		return err
	}
	return st.flush()
}

func (st *stream) tooOld() {
	err := expired("too old resource version: " + version(st.pos) + " (" + version(st.s.o.Store.Revision()) + ")")
	if st.raw(kwatch.Error, statusOf(err)) == nil {
		_ = st.flush() // the client hung up
	}
}

func (st *stream) send(kind kwatch.EventType, obj runtime.Object) error {
	if st.c.f.table {
		lm := metav1.ListMeta{ResourceVersion: metaOf(obj).GetResourceVersion()}
		head := !st.headed
		st.headed = true // the columns are told once
		return st.raw(kind, st.s.table(st.c, []runtime.Object{obj}, lm, head))
	}
	return st.raw(kind, st.c.f.one(st.c.res, obj))
}

// raw writes one frame: the object in the chosen form within an event in the form of streams.
func (st *stream) raw(kind kwatch.EventType, obj runtime.Object) error {
	var inner, frame bytes.Buffer
	if err := st.c.f.info.Serializer.Encode(obj, &inner); err != nil {
		return err
	}
	e := &metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Raw: inner.Bytes()}}
	if err := st.c.f.info.StreamSerializer.Encode(e, &frame); err != nil {
		return err
	}
	_, err := st.out.Write(frame.Bytes())
	return err
}
