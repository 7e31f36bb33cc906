package kubeapi

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LogOptions say which lines of a log are wanted.
type LogOptions struct {
	Follow     bool
	Previous   bool
	Timestamps bool
	Tail       *int64     // lines
	Limit      *int64     // bytes
	Since      *time.Time // lines of then and later
}

// logs streams the log of a container.
func (s *Server) logs(c *call) error {
	if c.verb != "get" {
		return notAllowed(c.query)
	}
	o, err := readLogOptions(c.r.URL.Query())
	if err != nil {
		return err
	}
	pod, ok := s.o.Store.Get(Pods, c.namespace, c.name).(*corev1.Pod)
	if !ok {
		return apierrors.NewNotFound(c.res.groupResource(), c.name)
	}
	container, err := containerOf(pod, o.Container)
	if err != nil {
		return err
	}
	opts, err := logOptions(o, s.o.Store.Now())
	if err != nil {
		return err
	}
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	out := &lines{w: c.w, left: -1}
	if opts.Limit != nil {
		out.left = *opts.Limit
	}
	err = s.o.Backend.Logs(c.r.Context(), PodRef{c.namespace, c.name, container}, opts, out)
	if out.begun {
		return nil // too late for another answer: the stream ends
	}
	if err != nil {
		return err
	}
	out.begin()
	return nil
}

// readLogOptions reads the parameters of a log request.
func readLogOptions(v url.Values) (*corev1.PodLogOptions, error) {
	o := &corev1.PodLogOptions{Container: v.Get("container")}
	for name, to := range map[string]*bool{"follow": &o.Follow, "previous": &o.Previous, "timestamps": &o.Timestamps} {
		*to = v.Has(name) && v.Get(name) != "false" && v.Get(name) != "0"
	}
	for name, to := range map[string]**int64{"tailLines": &o.TailLines, "limitBytes": &o.LimitBytes, "sinceSeconds": &o.SinceSeconds} {
		if s := v.Get(name); s != "" {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				return nil, badRequest("unable to parse " + name + ": " + strconv.Quote(s))
			}
			*to = &n
		}
	}
	if s := v.Get("sinceTime"); s != "" {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return nil, badRequest("unable to parse sinceTime: " + strconv.Quote(s))
		}
		since := metav1.NewTime(t)
		o.SinceTime = &since
	}
	return o, nil
}

func logOptions(o *corev1.PodLogOptions, now time.Time) (LogOptions, error) {
	out := LogOptions{Follow: o.Follow, Previous: o.Previous, Timestamps: o.Timestamps, Tail: o.TailLines, Limit: o.LimitBytes}
	switch {
	case o.TailLines != nil && *o.TailLines < 0, o.LimitBytes != nil && *o.LimitBytes < 1, o.SinceSeconds != nil && *o.SinceSeconds < 1:
		return out, status(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid,
			"PodLogOptions is invalid: tailLines, limitBytes and sinceSeconds must be positive")
	case o.SinceSeconds != nil && o.SinceTime != nil:
		return out, status(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid,
			"PodLogOptions is invalid: at most one of sinceTime or sinceSeconds may be specified")
	case o.SinceSeconds != nil:
		since := now.Add(-time.Duration(*o.SinceSeconds) * time.Second)
		out.Since = &since
	case o.SinceTime != nil:
		out.Since = &o.SinceTime.Time
	}
	return out, nil
}

// containerOf finds the container that is meant: the only one where none is named.
func containerOf(pod *corev1.Pod, name string) (string, error) {
	var names string
	for i := range pod.Spec.InitContainers { // these have logs too, but are not offered
		if pod.Spec.InitContainers[i].Name == name {
			return name, nil
		}
	}
	for _, c := range pod.Spec.Containers {
		if c.Name == name {
			return name, nil
		}
		names += " " + c.Name
	}
	switch {
	case name != "":
		return "", badRequest("container " + name + " is not valid for pod " + pod.Name)
	case len(pod.Spec.Containers) != 1:
		return "", badRequest("a container name must be specified for pod " + pod.Name + ", choose one of: [" + names[1:] + "]")
	}
	return pod.Spec.Containers[0].Name, nil
}

// lines writes a log: what comes is seen at once, and not more than the client wants.
type lines struct {
	w     http.ResponseWriter
	left  int64 // bytes; negative for no bound
	begun bool
}

func (l *lines) begin() {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", "text/plain")
		l.w.WriteHeader(http.StatusOK)
	}
}

func (l *lines) Write(b []byte) (int, error) {
	l.begin()
	n := len(b)
	if l.left >= 0 {
		b = b[:min(int64(len(b)), l.left)]
		l.left -= int64(len(b))
	}
	if _, err := l.w.Write(b); err != nil {
		return 0, err
	}
	if err := http.NewResponseController(l.w).Flush(); err != nil {
		return 0, err
	}
	if l.left == 0 {
		return 0, io.ErrShortWrite
	}
	return n, nil
}
