// Package serveconfig reads the configuration of Ray Serve: its applications, the models that they serve and the
// deployments that they consist of, and says which values another model, another argument or another number of replicas
// would change. KubeRay holds it as a text, Ray's API as documents: it only sees decoded values. It is pure.
package serveconfig

import (
	"errors"
	"strconv"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Edit is one value that is to stand at a JSON pointer. Objects around it that are not there are made.
type Edit struct {
	Path string
	To   any
}

// App is one application.
type App struct {
	Name string
	at   string // pointer to its configuration
	doc  any    // its configuration
}

// One makes an application of its configuration and of the pointer to it.
func One(name, at string, doc any) App { return App{name, at, doc} }

// Apps are the applications of a configuration whose list is at a pointer. One without a name is called as Ray calls it.
func Apps(config any, at string) []App {
	found, _ := jsonptr.Find(config, at)
	items, _ := found.([]any)
	var list []App
	for i, doc := range items {
		name := jsonptr.Text(doc, "/name")
		if name == "" {
			name = "default"
		}
		list = append(list, App{name, at + "/" + strconv.Itoa(i), doc})
	}
	return list
}

// names lists what can be named, for messages.
func names(list []string) string {
	var out []fleet.Safe
	for _, n := range list {
		out = append(out, fleet.Quote(n))
	}
	if len(out) == 0 {
		return "none"
	}
	return fleet.Join(out, fleet.Text(", ")).String()
}

// items are the members of a list in a document.
func items(doc any, at string) []any {
	found, _ := jsonptr.Find(doc, at)
	list, _ := found.([]any)
	return list
}

func unfit(kind fleet.Kind, why string) error {
	return &fleet.Error{Kind: kind, Op: "change the configuration of Ray Serve", Err: errors.New(why), Next: "nothing was changed"}
}
