package kubeapi

import (
	"errors"
	"net/http"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// status is an error as the API gives it.
func status(code int32, reason metav1.StatusReason, message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message}}
}

func badRequest(message string) error { return apierrors.NewBadRequest(message) }

func notAcceptable() error {
	return status(http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable, "only the following media types are accepted: "+
		"application/json, application/yaml, application/vnd.kubernetes.protobuf")
}

func unsupported(accepted string) error {
	return status(http.StatusUnsupportedMediaType, metav1.StatusReasonUnsupportedMediaType,
		"Unsupported Media Type: the body of the request was in an unknown format - accepted media types include: "+accepted)
}

// notServed is the answer for a version or kind that a known group lacks.
func notServed() error {
	return status(http.StatusNotFound, metav1.StatusReasonNotFound, "the server could not find the requested resource")
}

// errNoPath is a path that is not served; the real server answers it in plain text.
var errNoPath = errors.New("404 page not found")

func notAllowed(q *query) error {
	return apierrors.NewMethodNotSupported(schema.GroupResource{Group: q.group, Resource: q.resource}, q.verb)
}

func expired(message string) error { return apierrors.NewResourceExpired(message) }

// tooNew refuses a read of a revision that does not exist yet; the client may ask again at once.
func tooNew(asked, current uint64) error {
	err := apierrors.NewTimeoutError("Too large resource version: "+version(asked)+", current: "+version(current), 1)
	err.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: metav1.CauseTypeResourceVersionTooLarge,
		Message: "Too large resource version"}}
	return err
}

// statusOf is the Status that tells of an error.
func statusOf(err error) *metav1.Status {
	var known apierrors.APIStatus
	out := metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError,
		Reason: metav1.StatusReasonUnknown, Message: err.Error()}
	if errors.As(err, &known) {
		out = known.Status()
	}
	out.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Status"})
	return &out
}

// fail answers with an error as a Status.
func (f format) fail(w http.ResponseWriter, err error) {
	if errors.Is(err, errNoPath) {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	st := statusOf(err)
	if st.Details != nil && st.Details.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(st.Details.RetryAfterSeconds)))
	}
	if st.Code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="kubernetes"`)
	}
	f.metadata, f.table = false, false
	f.respond(w, int(st.Code), st)
}
