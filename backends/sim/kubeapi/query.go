package kubeapi

import (
	"net/http"
	"slices"
	"strings"
)

// query is what a path and method ask for.
type query struct {
	verb      string
	group     string
	version   string
	namespace string
	resource  string
	name      string
	sub       string
	rest      string // of the path, behind a proxy
	slash     bool   // there is a slash behind the proxy
	path      string // whole, when it is no resource
}

// parse reads a path of the API: /api/v1/… or /apis/GROUP/VERSION/…, each with or without /namespaces/NS. Other
// paths, and those of discovery, are no resources.
func parse(r *http.Request) *query {
	q, old := &query{path: r.URL.Path}, false
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	if !strings.Contains(path, "/"+subProxy+"/") { // behind a proxy the slash at the end is the engine's
		path = strings.TrimSuffix(path, "/")
	}
	parts := strings.Split(path, "/")
	switch {
	case len(parts) >= 3 && parts[0] == "api":
		q.version, parts = parts[1], parts[2:]
	case len(parts) >= 4 && parts[0] == "apis":
		q.group, q.version, parts = parts[1], parts[2], parts[3:]
	default:
		q.verb = strings.ToLower(r.Method)
		return q
	}
	if parts[0] == "watch" && len(parts) > 1 && r.Method == http.MethodGet { // the old form of watch=true
		old, parts = true, parts[1:]
	}
	q.object(parts)
	if q.verb = verbOf(r, q); old {
		q.verb = "watch"
	}
	return q
}

// object reads what stands behind group and version: [namespaces/NS/]RESOURCE[/NAME[/SUB[/…]]].
func (q *query) object(parts []string) {
	if parts[0] == "namespaces" && len(parts) >= 3 && parts[2] != subStatus {
		q.namespace, parts = parts[1], parts[2:]
	}
	q.path, q.resource, parts = "", parts[0], parts[1:]
	if len(parts) > 0 {
		q.name, parts = parts[0], parts[1:]
	}
	if len(parts) > 0 {
		q.sub, parts = parts[0], parts[1:]
	}
	q.rest, q.slash = strings.Join(parts, "/"), len(parts) > 0
	if q.resource == Namespaces && q.namespace == "" {
		q.namespace = q.name // a namespace is within itself: who sees one namespace may read it
	}
}

func verbOf(r *http.Request, q *query) string {
	values := r.URL.Query()
	switch r.Method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		if q.name == "" {
			return "deletecollection"
		}
		return "delete"
	case http.MethodGet, http.MethodHead:
		switch {
		case q.sub != "":
			return "get"
		case slices.Contains([]string{"true", "1"}, values.Get("watch")):
			return "watch"
		case q.name == "":
			return "list"
		}
		return "get"
	}
	return strings.ToLower(r.Method)
}

func (q *query) attributes() attributes {
	return attributes{verb: q.verb, namespace: q.namespace, group: q.group, resource: q.resource, sub: q.sub, name: q.name,
		path: q.path}
}
