package kubeapi

import (
	"bytes"
	"cmp"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// format is how an answer is written.
type format struct {
	info     runtime.SerializerInfo
	metadata bool // objects are cut down to their metadata
	table    bool // objects are rows of a table
	pretty   bool
}

// accepts is one member of an Accept header.
type accepts struct {
	media  string
	params map[string]string
	q      float64
}

func acceptList(header string) []accepts {
	if header == "" {
		header = runtime.ContentTypeJSON
	}
	var list []accepts
	for part := range strings.SplitSeq(header, ",") {
		media, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue // what cannot be read is not asked for
		}
		a := accepts{media: media, params: params, q: 1}
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			a.q = q
		}
		list = append(list, a)
	}
	slices.SortStableFunc(list, func(a, b accepts) int { return cmp.Compare(b.q, a.q) })
	return list
}

// negotiate chooses the first form asked for that this server has: JSON, YAML or protobuf, whole or metadata only, or
// JSON or YAML as a table.
func negotiate(r *http.Request, custom, stream bool) (format, bool) {
	for _, a := range acceptList(r.Header.Get("Accept")) {
		f, known := a.shape()
		if !known {
			continue
		}
		if s := a.params["stream"]; s != "" && !(stream && s == "watch") {
			continue
		}
		if a.media == "*/*" {
			a.media = runtime.ContentTypeJSON
		}
		if custom && !f.metadata && a.media == runtime.ContentTypeProtobuf {
			continue
		}
		info, ok := serializerFor(a.media)
		if !ok {
			continue
		}
		f.info = info
		f.pretty = r.URL.Query().Get("pretty") == "true"
		return f, true
	}
	return jsonFormat(), false
}

// shape tells whether whole objects are asked for, their metadata or a table; false for anything else.
func (a *accepts) shape() (format, bool) {
	as := a.params["as"]
	if as == "" {
		return format{}, true
	}
	if a.params["g"] != metav1.GroupName || a.params["v"] != "v1" {
		return format{}, false
	}
	switch as {
	case "PartialObjectMetadata", "PartialObjectMetadataList":
		return format{metadata: true}, true
	case "Table":
		return format{table: true}, a.media != runtime.ContentTypeProtobuf
	}
	return format{}, false
}

func jsonFormat() format {
	info, _ := serializerFor(runtime.ContentTypeJSON)
	return format{info: info}
}

// serializerFor finds the codec of a media type; CBOR is left out, as it is where its gate is off.
func serializerFor(media string) (runtime.SerializerInfo, bool) {
	if media == runtime.ContentTypeCBOR {
		return runtime.SerializerInfo{}, false
	}
	return runtime.SerializerInfoForMediaType(served().codecs.SupportedMediaTypes(), media)
}

// encode writes an object that bears its kind.
func (f format) encode(obj runtime.Object, w io.Writer) error {
	if f.pretty && f.info.PrettySerializer != nil {
		return f.info.PrettySerializer.Encode(obj, w)
	}
	return f.info.Serializer.Encode(obj, w)
}

// one turns a stored object into what goes over the wire alone.
func (f format) one(res *Resource, obj runtime.Object) runtime.Object {
	if f.metadata {
		return partial(obj)
	}
	return named(res.shown(obj), res.gvk())
}

// shown is an object in the form of the resource that was asked for.
func (r *Resource) shown(obj runtime.Object) runtime.Object {
	if r.view != nil {
		return r.view(obj)
	}
	return obj
}

func partial(obj runtime.Object) runtime.Object {
	acc, err := meta.Accessor(obj)
	if err != nil {
		return &metav1.PartialObjectMetadata{}
	}
	p := meta.AsPartialObjectMetadata(acc)
	p.SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind("PartialObjectMetadata"))
	return p
}

// respond writes one object that bears its kind.
func (f format) respond(w http.ResponseWriter, status int, obj runtime.Object) {
	var b bytes.Buffer
	if err := f.encode(obj, &b); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", f.info.MediaType)
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.Header().Set("Cache-Control", "no-cache, private")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the client hung up
}
