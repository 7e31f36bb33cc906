package kubeapi

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// forward hands a request to a pod's own server. The client's Authorization is for this server and goes no further.
func (s *Server) forward(c *call) error {
	scheme, name, port := splitSegment(c.name)
	if !c.slash { // links of the pod's pages are relative to its root
		http.Redirect(c.w, c.r, c.r.URL.EscapedPath()+"/", http.StatusMovedPermanently)
		return nil
	}
	pod, ok := s.o.Store.Get(Pods, c.namespace, name).(*corev1.Pod)
	if !ok {
		return apierrors.NewNotFound(c.res.groupResource(), name)
	}
	if scheme != "" && scheme != "http" {
		return unreachable(errText("tls: first record does not look like a TLS handshake"))
	}
	base, err := s.o.Backend.Endpoint(PodRef{Namespace: c.namespace, Name: name}, portOf(pod, port))
	if err != nil {
		return unreachable(err)
	}
	target, err := url.Parse(base)
	if err != nil {
		return unreachable(err)
	}
	p := &httputil.ReverseProxy{
		Transport: s.proxy, FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.Header.Del("Authorization")
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.URL.Path, r.Out.URL.RawPath = "/"+unescaped(c.rest), "/"+c.rest
			r.Out.Host = target.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
			r.SetXForwarded()
			r.Out.Header.Set("X-Forwarded-Uri", c.r.URL.EscapedPath())
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) { c.f.fail(w, unreachable(err)) },
	}
	c.w.Header().Del("Date") // the pod's own comes with its answer
	p.ServeHTTP(c.w, c.r)
	return nil
}

func unescaped(path string) string {
	if p, err := url.PathUnescape(path); err == nil {
		return p
	}
	return path
}

func unreachable(err error) error {
	return status(http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "error trying to reach service: "+err.Error())
}

// splitSegment takes NAME, NAME:PORT or SCHEME:NAME:PORT apart.
func splitSegment(segment string) (scheme, name, port string) {
	segment = unescaped(segment)
	switch parts := strings.Split(segment, ":"); len(parts) {
	case 2:
		return "", parts[0], parts[1]
	case 3:
		return parts[0], parts[1], parts[2]
	}
	return "", segment, ""
}

// portOf finds the number of a port that was given by number, by name or not at all.
func portOf(pod *corev1.Pod, port string) string {
	for _, c := range pod.Spec.Containers {
		for _, p := range c.Ports {
			if port == "" || p.Name == port {
				return version(uint64(p.ContainerPort))
			}
		}
	}
	return port
}
