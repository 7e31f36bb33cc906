package kubesuite

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// event is one line of a watch.
type event struct {
	Type   watch.EventType
	Object json.RawMessage
	pod    corev1.Pod
}

// stream is an open watch.
type stream struct {
	body io.Closer
	dec  *json.Decoder
	stop context.CancelFunc
}

// watch opens a watch of pods; what the query lacks stays at the server's default.
func (c *clients) watch(t *testing.T, query string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	//nolint:bodyclose // closed with the stream, which is closed at the end of the test
	res := c.open(ctx, t, request{Path: c.podsPath() + "?watch=true" + query, Token: c.Tokens.Viewer, Accept: jsonType})
	s := &stream{body: res.Body, dec: json.NewDecoder(res.Body), stop: cancel}
	t.Cleanup(s.close)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != jsonType {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("watch: %d %s\n%.600s", res.StatusCode, res.Header.Get("Content-Type"), body)
	}
	return s
}

func (s *stream) close() {
	s.stop()
	_ = s.body.Close()
}

// next is the next event; the end of the stream is an error.
func (s *stream) next() (event, error) {
	var e event
	if err := s.dec.Decode(&e); err != nil {
		return e, err
	}
	if e.Type == watch.Error { // its object is a Status
		return e, nil
	}
	return e, json.Unmarshal(e.Object, &e.pod)
}

// until reads events up to the one that is meant.
func (s *stream) until(t *testing.T, what string, meant func(event) bool) event {
	t.Helper()
	for {
		e, err := s.next()
		if err != nil {
			t.Fatalf("%s never came: %v", what, err)
		}
		if meant(e) {
			return e
		}
	}
}

func of(kind watch.EventType, pod string) func(event) bool {
	return func(e event) bool { return e.Type == kind && e.pod.Name == pod }
}

func checkWatch(t *testing.T, c *clients) {
	t.Run("from a version", c.watchesFromAVersion)
	t.Run("missed changes", c.watchesMissedChanges)
	for name, query := range map[string]string{"from now": "", "from any version": "&resourceVersion=0"} {
		t.Run(name, func(t *testing.T) { c.watchesAll(t, query) })
	}
	t.Run("one object", c.watchesOneObject)
	t.Run("into a selection and out", c.watchSelection)
	t.Run("bookmarks", c.watchBookmarks)
	t.Run("end", c.watchesEnd)
	t.Run("protobuf", c.watchesProtobuf)
	t.Run("by client-go", c.watchesByClientGo)
	t.Run("the old path", c.watchesTheOldPath)
}

func (c *clients) watchesFromAVersion(t *testing.T) {
	list := c.pods(t, "")
	s := c.watch(t, "&resourceVersion="+list.ResourceVersion)
	pod := c.pod(t).Name
	var marked []string
	for i := range 3 {
		marked = append(marked, c.annotate(t, pod, fmt.Sprint("watch ", i)).ResourceVersion)
	}
	for i, version := range marked { // none is lost, none comes twice, and in order
		e := s.until(t, "the change", of(watch.Modified, pod))
		if e.pod.ResourceVersion != version || e.pod.Kind != "Pod" || e.pod.APIVersion != "v1" {
			t.Errorf("change %d is %s %s, want version %s", i, e.pod.Kind, e.pod.ResourceVersion, version)
		}
	}
}

func (c *clients) watchesMissedChanges(t *testing.T) {
	list := c.pods(t, "")
	changed := c.annotate(t, list.Items[0].Name, "missed")
	e := c.watch(t, "&resourceVersion="+list.ResourceVersion).until(t, "the change before the watch", of(watch.Modified, changed.Name))
	if e.pod.ResourceVersion != changed.ResourceVersion {
		t.Errorf("version %s, want %s", e.pod.ResourceVersion, changed.ResourceVersion)
	}
}

func (c *clients) watchesOneObject(t *testing.T) {
	list := c.pods(t, "")
	s := c.watch(t, "&resourceVersion="+list.ResourceVersion+"&fieldSelector=metadata.name%3D"+list.Items[1].Name)
	c.annotate(t, list.Items[0].Name, "other")
	changed := c.annotate(t, list.Items[1].Name, "one")
	if e := must(s.next())(t); e.pod.ResourceVersion != changed.ResourceVersion {
		t.Errorf("%s of %s", e.Type, e.pod.Name)
	}
}

func (c *clients) watchesEnd(t *testing.T) {
	t.Parallel()
	var took time.Duration
	for range 3 { // a busy server's time stands still and then leaps: one of them at least is not cut short
		began := time.Now()
		c.watchToItsEnd(t)
		if took = time.Since(began); took >= 300*time.Millisecond {
			return
		}
	}
	t.Errorf("ended after %s", took)
}

// watchToItsEnd watches pods until the server ends it, as it was asked to after a second.
func (c *clients) watchToItsEnd(t *testing.T) {
	t.Helper()
	s := c.watch(t, "&timeoutSeconds=1&resourceVersion="+c.pods(t, "").ResourceVersion)
	for {
		if _, err := s.next(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("the stream ends with %v", err)
		}
	}
}

func (c *clients) watchesProtobuf(t *testing.T) {
	a := c.ask(t, request{Path: c.podsPath() + "?watch=true&timeoutSeconds=1", Token: c.Tokens.Viewer,
		Accept: protobufType + ";stream=watch"}).want(t, http.StatusOK)
	if kind := a.Header.Get("Content-Type"); kind != protobufType+";stream=watch" {
		t.Errorf("content type %q", kind)
	}
	// A frame is four bytes of length and a bare WatchEvent, whose object is in the envelope of a single one.
	if len(a.Body) < 4 || int(binary.BigEndian.Uint32(a.Body)) > len(a.Body)-4 ||
		!bytes.HasPrefix(a.Body[4:], []byte("\n\x05ADDED")) || !bytes.Contains(a.Body, []byte("k8s\x00")) {
		t.Errorf("%.80q", a.Body)
	}
}

func (c *clients) watchesByClientGo(t *testing.T) {
	api := c.typed(t, c.Tokens.Viewer).CoreV1().Pods("")
	list := must(api.List(t.Context(), metav1.ListOptions{Limit: 1}))(t)
	w := must(api.Watch(t.Context(), metav1.ListOptions{ResourceVersion: list.ResourceVersion, AllowWatchBookmarks: true}))(t)
	defer w.Stop()
	changed := c.annotate(t, c.pod(t).Name, "client-go")
	end := time.After(patience)
	for {
		select {
		case e := <-w.ResultChan():
			if p, ok := e.Object.(*corev1.Pod); ok && p.ResourceVersion == changed.ResourceVersion {
				return
			}
		case <-end:
			t.Fatal("the change never came")
		}
	}
}

func (c *clients) watchesTheOldPath(t *testing.T) {
	path := strings.Replace(c.podsPath(), "/v1/", "/v1/watch/", 1)
	a := c.get(t, path+"?timeoutSeconds=1&resourceVersion=0").want(t, http.StatusOK)
	if !strings.HasPrefix(string(a.Body), `{"type":"ADDED"`) {
		t.Error(a)
	}
}

// watchesAll begins with what is there.
func (c *clients) watchesAll(t *testing.T, query string) {
	want, s := names(c.pods(t, "")), c.watch(t, query)
	for range want {
		if e := must(s.next())(t); e.Type != watch.Added {
			t.Errorf("%s of %s among those that are there", e.Type, e.pod.Name)
		}
	}
	changed := c.annotate(t, want[0], "all")
	s.until(t, "a change after those", func(e event) bool { return e.pod.ResourceVersion == changed.ResourceVersion })
}

// watchSelection changes a label so that a pod enters and leaves what is watched.
func (c *clients) watchSelection(t *testing.T) {
	pod := c.pod(t)
	s := c.watch(t, "&labelSelector=suite-colour%3Dred&resourceVersion="+c.pods(t, "").ResourceVersion)
	path := c.podsPath() + "/" + pod.Name
	var red, blue corev1.Pod
	c.patch(t, mergePatch, path, `{"metadata":{"labels":{"suite-colour":"red"}}}`).want(t, http.StatusOK).read(t, &red)
	c.patch(t, mergePatch, path, `{"metadata":{"labels":{"suite-colour":null}}}`).want(t, http.StatusOK).read(t, &blue)
	if e := must(s.next())(t); e.Type != watch.Added || e.pod.ResourceVersion != red.ResourceVersion {
		t.Errorf("%s of version %s, want ADDED of %s", e.Type, e.pod.ResourceVersion, red.ResourceVersion)
	}
	// The object is as it was when it was last selected, at the version of the change that took it out.
	e := must(s.next())(t)
	if e.Type != watch.Deleted || e.pod.ResourceVersion != blue.ResourceVersion || e.pod.Labels["suite-colour"] != "red" {
		t.Errorf("%s of version %s, colour %q, want DELETED of %s", e.Type, e.pod.ResourceVersion, e.pod.Labels["suite-colour"],
			blue.ResourceVersion)
	}
}

// watchBookmarks waits for the bookmark that comes two seconds before a watch ends by its timeout. There is none while
// the version stays at what the watch began with.
func (c *clients) watchBookmarks(t *testing.T) {
	t.Parallel()
	list := c.pods(t, "")
	s := c.watch(t, "&allowWatchBookmarks=true&timeoutSeconds=5&resourceVersion="+list.ResourceVersion)
	changed := c.annotate(t, list.Items[0].Name, "bookmarks")
	e := s.until(t, "a bookmark", func(e event) bool { return e.Type == watch.Bookmark })
	if e.pod.Kind != "Pod" || e.pod.APIVersion != "v1" || e.pod.Name != "" || e.pod.UID != "" {
		t.Errorf("a bookmark carries nothing but its kind and version: %s", e.Object)
	}
	if number(t, e.pod.ResourceVersion) < number(t, changed.ResourceVersion) {
		t.Errorf("the bookmark is of version %s, the change before it of %s", e.pod.ResourceVersion, changed.ResourceVersion)
	}
	if e.pod.Annotations[metav1.InitialEventsAnnotationKey] != "" {
		t.Error("there were no initial events to end")
	}
}
