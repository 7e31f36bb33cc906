package kubeapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Backend is what stands behind the objects.
type Backend interface {
	// Refresh brings the objects to the present before they are read or written.
	Refresh()
	// Logs writes a container's log to w, which is flushed as lines come, and returns when there is no more or ctx ends.
	// Errors are those of apimachinery.
	Logs(ctx context.Context, pod PodRef, o LogOptions, w io.Writer) error
	// Endpoint is the base URL of a port of a pod's own server; an error says why there is none.
	Endpoint(pod PodRef, port string) (string, error)
	// Admit may refuse a write: now is nil for a deletion, before for a creation. Neither must be changed.
	Admit(w Write) error
	// Remove may take the deletion of an object upon itself: it goes when the backend says so.
	Remove(w Write) bool
	// Written is told of each stored write of a client.
	Written(w Write)
}

// PodRef names a pod, and where it matters a container.
type PodRef struct{ Namespace, Name, Container string }

// Options are what a server needs.
type Options struct {
	Store   *Store
	Backend Backend
	Users   map[string]User // by bearer token
	Version string          // of the API server, such as "v1.37.2"
}

// Server answers the API. It is an http.Handler, safe for concurrent use.
type Server struct {
	o        Options
	watchers atomic.Int64
	serial   atomic.Uint64
	proxy    http.RoundTripper
	owners   owners
}

const (
	// maxBody is the real server's bound of a request (3 MiB).
	maxBody = 3 << 20
	// maxWatchers bounds the streams that are open at once, watches and followed logs.
	maxWatchers = 512
	// proxyTimeout is how long a proxied server may take to begin its answer.
	proxyTimeout = 30 * time.Second
	// maxAuditID is how much of a client's audit id is kept.
	maxAuditID = 64
)

// New returns a server over a store.
func New(o Options) *Server {
	return &Server{o: o, proxy: &http.Transport{ResponseHeaderTimeout: proxyTimeout, MaxIdleConnsPerHost: 4,
		IdleConnTimeout: time.Minute, DisableCompression: true}}
}

// Close ends what the server holds open to others. Watches end with the store.
func (s *Server) Close() {
	if t, ok := s.proxy.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// call is one request on its way.
type call struct {
	*query
	w    http.ResponseWriter
	r    *http.Request
	user *User
	res  *Resource
	t    *table
	f    format
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.audit(w, r)
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	c := &call{query: parse(r), w: w, r: r, f: jsonFormat()}
	if err := s.serve(c); err != nil {
		c.f.fail(w, err)
	}
}

// audit echoes the id under which a client's request can be found again.
func (s *Server) audit(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("Audit-ID")
	if id == "" {
		id = uid("audit", version(s.serial.Add(1)))
	}
	w.Header().Set("Audit-ID", id[:min(len(id), maxAuditID)])
}

func (s *Server) serve(c *call) error {
	user, known := s.user(c.r)
	if !known {
		return apierrors.NewUnauthorized("Unauthorized")
	}
	user, err := s.acting(c, user)
	if err != nil {
		return err
	}
	c.user = &user
	if !user.may(c.attributes()) {
		return forbidden(&user, c.attributes())
	}
	switch c.path {
	case "":
	case "/healthz", "/livez", "/readyz":
		c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := io.WriteString(c.w, "ok")
		return err
	default:
		return s.discover(c)
	}
	if handled, err := s.review(c); handled {
		return err
	}
	if err := s.find(c); err != nil {
		return err
	}
	s.o.Backend.Refresh()
	return s.dispatch(c)
}

// find tells which resource is meant, and in which form the answer goes out.
func (s *Server) find(c *call) error {
	c.res = s.resource(c.group, c.version, c.resource)
	if c.res == nil || c.sub != "" && !c.res.has(c.sub) {
		return s.absent(c.group)
	}
	c.t = s.o.Store.table(c.res)
	if !c.placed() {
		return errNoPath
	}
	f, ok := negotiate(c.r, c.res.Custom, c.verb == "watch")
	if !ok && c.sub != subLog && c.sub != subProxy {
		return notAcceptable()
	}
	c.f = f
	if err := c.judgeTable(); f.table && err != nil {
		return err
	}
	if c.res.of != "" && !slices.Contains(c.res.verbs(), c.verb) {
		return notAllowed(c.query)
	}
	return nil
}

// placed says whether the path has a namespace where the kind needs one, and none where it has none.
func (c *call) placed() bool {
	if c.res.Plural == Namespaces && c.name == c.namespace {
		c.namespace = "" // it was there to judge by only
	}
	if c.res.Namespaced {
		return c.namespace != "" || c.name == ""
	}
	return c.namespace == ""
}

// user finds who asks by the bearer token; who brings none is anonymous.
func (s *Server) user(r *http.Request) (User, bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return anonymous(), true
	}
	token, _ := strings.CutPrefix(header, "Bearer ")
	u, known := s.o.Users[strings.TrimSpace(token)]
	return u, known
}

// acting is the user that somebody asks to be, where it may ask that. One that nobody knows is allowed what all are.
func (s *Server) acting(c *call, u User) (User, error) {
	name := c.r.Header.Get("Impersonate-User")
	if name == "" {
		return u, nil
	}
	if a := (attributes{verb: "impersonate", resource: "users", name: name}); !u.may(a) {
		a = c.attributes() // the refusal names what was to be done as another
		a.verb = "impersonate-on:user-info:" + a.verb
		return u, forbidden(&u, a)
	}
	for _, known := range s.o.Users {
		if known.Name == name {
			return known, nil
		}
	}
	return Nobody(name), nil
}

func (s *Server) dispatch(c *call) error {
	switch {
	case c.sub == subProxy:
		return s.forward(c)
	case c.sub == subLog:
		return s.logs(c)
	case c.sub == subScale:
		return s.scale(c)
	case c.sub == subEviction:
		return s.evict(c)
	}
	if c.name == "" && slices.Contains([]string{"update", "patch"}, c.verb) {
		return notAllowed(c.query)
	}
	switch c.verb {
	case "get":
		return s.get(c)
	case "list":
		return s.list(c)
	case "watch":
		return s.watch(c)
	case "create":
		return s.create(c)
	case "update":
		return s.update(c)
	case "patch":
		return s.patch(c)
	case "delete":
		return s.remove(c)
	}
	return notAllowed(c.query)
}

func (s *Server) resource(group, version, plural string) *Resource {
	for _, r := range s.o.Store.order {
		if r.Group == group && r.Version == version && r.Plural == plural {
			return r
		}
	}
	return nil
}

func (s *Server) get(c *call) error {
	r := s.o.Store.row(c.t, key(c.namespace, c.name))
	if r == nil {
		return apierrors.NewNotFound(c.res.groupResource(), c.name)
	}
	if c.f.table {
		lm := metav1.ListMeta{ResourceVersion: r.meta.GetResourceVersion()}
		c.f.respond(c.w, http.StatusOK, s.table(c, []runtime.Object{r.obj}, lm, true))
		return nil
	}
	c.f.respond(c.w, http.StatusOK, c.f.one(c.res, r.obj))
	return nil
}

// forbidden is the refusal in the words of the real server.
func forbidden(u *User, a attributes) error {
	if a.path != "" {
		return apierrors.NewForbidden(schema.GroupResource{}, "", fmt.Errorf("User %q cannot %s path %q", u.Name, a.verb, a.path))
	}
	resource := a.resource
	if a.sub != "" {
		resource += "/" + a.sub
	}
	where := "at the cluster scope"
	if a.namespace != "" {
		where = fmt.Sprintf("in the namespace %q", a.namespace)
	}
	return apierrors.NewForbidden(schema.GroupResource{Group: a.group, Resource: a.resource}, a.name,
		fmt.Errorf("User %q cannot %s resource %q in API group %q %s", u.Name, a.verb, resource, a.group, where))
}

// uid makes an identifier that is the same in each run for the same parts.
func uid(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
}

// Streams is how many watches and followed logs are open.
func (s *Server) Streams() int { return int(s.watchers.Load()) }
