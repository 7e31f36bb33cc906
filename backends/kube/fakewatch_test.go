package kube

import (
	"encoding/binary"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func (a *api) watch(w http.ResponseWriter, r *http.Request, plural, namespace string) {
	q := r.URL.Query()
	from, _ := strconv.Atoi(q.Get("resourceVersion"))
	initial := q.Get("sendInitialEvents") == "true"
	a.mu.Lock()
	streams, silent, expired := a.streams, a.silent && initial, a.expired == plural && from > 0
	if expired {
		a.expired = ""
	}
	var first []runtime.Object
	if initial {
		first, from = a.matching(plural, namespace), a.version
	}
	a.mu.Unlock()
	if initial && !streams {
		fail(w, 422, "Invalid", "sendInitialEvents: Forbidden: not supported by this server")
		return
	}
	contentType := "application/vnd.kubernetes.protobuf;stream=watch"
	if a.isJSON(r) {
		contentType = "application/json"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(200)
	flush := http.NewResponseController(w)
	_ = flush.Flush()
	if expired {
		a.event(w, r, "ERROR", &metav1.Status{Status: "Failure", Code: 410, Reason: metav1.StatusReasonExpired, Message: "too old"})
		return
	}
	if initial && !silent {
		for _, o := range first {
			a.event(w, r, "ADDED", o)
		}
		a.bookmark(w, r, plural, from)
	}
	for {
		a.mu.Lock()
		wake, log := a.wake, a.log
		a.mu.Unlock()
		for _, c := range log {
			m, _ := meta.Accessor(c.object)
			if c.at > from && c.plural == plural && (namespace == "" || m.GetNamespace() == namespace) && !silent {
				a.event(w, r, c.kind, c.object)
				from = c.at
			}
		}
		_ = flush.Flush()
		select {
		case <-wake:
		case <-r.Context().Done():
			return
		}
	}
}

func (a *api) bookmark(w http.ResponseWriter, r *http.Request, plural string, version int) {
	for _, k := range kinds {
		if k.plural != plural {
			continue
		}
		items, err := meta.GetItemsPtr(k.list())
		if err != nil {
			a.t.Error(err)
			return
		}
		o := newItem(items)
		m, _ := meta.Accessor(o)
		m.SetResourceVersion(strconv.Itoa(version))
		m.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
		a.event(w, r, "BOOKMARK", o)
	}
}

func (a *api) event(w http.ResponseWriter, r *http.Request, kind string, o runtime.Object) {
	body, contentType := a.encode(r, o)
	e := metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Raw: body}}
	if contentType == "application/json" {
		_ = json.NewEncoder(w).Encode(e)
		return
	}
	frame, err := e.Marshal()
	if err != nil {
		a.t.Error(err)
	}
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(frame)))
	_, _ = w.Write(append(length[:], frame...))
}

// newItem makes an object of the kind that a list holds.
func newItem(items any) runtime.Object {
	return reflect.New(reflect.TypeOf(items).Elem().Elem()).Interface().(runtime.Object)
}
