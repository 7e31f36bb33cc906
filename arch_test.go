// Package pitwall_test holds the tests of the repository as a whole.
package pitwall_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// rule says what a tree of packages must never import, and why.
type rule struct {
	tree   string
	forbid []string
	except []string // prefixes of packages of the tree that the rule does not bind
	why    string
}

// rules is the dependency rule of docs/architecture.md.
var rules = []rule{
	{tree: "pitwall/fleet", forbid: []string{"pitwall/actions", "pitwall/backends", "pitwall/views", "pitwall/tui",
		"pitwall/themes", "pitwall/economics", "pitwall/internal", "pitwall/cmd", "net/http", "charm.land/"},
		why: "fleet is the vocabulary that all layers meet in; it must not know any of them"},
	{tree: "pitwall/views", forbid: []string{"pitwall/tui", "pitwall/backends", "pitwall/actions/", "pitwall/internal", "charm.land/bubbletea",
		"net", "net/http", "os"}, except: []string{"pitwall/views/viewtest"},
		why: "a view is a function of its arguments: it cannot block, write to a fleet or read a clock"},
	{tree: "pitwall/actions", forbid: []string{"pitwall/tui", "pitwall/views", "pitwall/backends", "pitwall/themes", "charm.land/"},
		why: "safety code is reviewed and tested without a terminal and without a network"},
	{tree: "pitwall/tui", forbid: []string{"pitwall/backends", "pitwall/actions/", "net/http", "pitwall/internal"},
		why: "the console runs unchanged on a live fleet, the simulator or a recording"},
	{tree: "pitwall/backends", forbid: []string{"pitwall/tui", "pitwall/views", "pitwall/actions", "pitwall/themes", "charm.land/"},
		why: "reading a fleet must not depend on how it is drawn or changed"},
	{tree: "pitwall/economics", forbid: []string{"pitwall/tui", "pitwall/views", "pitwall/actions", "pitwall/backends", "pitwall/internal", "net/http", "os"},
		why: "money is pure arithmetic over dated facts"},
	{tree: "pitwall/drills", forbid: []string{"pitwall/tui", "pitwall/views", "pitwall/actions/", "pitwall/backends", "net/http", "charm.land/"},
		why: "a score is arithmetic over what was done: it is the same whatever the fleet is and whoever draws it"},
	{tree: "pitwall/themes", forbid: []string{"pitwall/tui", "pitwall/views", "pitwall/actions", "pitwall/backends"},
		why: "looks change without touching behaviour"},
}

// shared are the packages under backends that adapters may import.
var shared = []string{"pitwall/backends/internal/"}

// notAdapters are packages under backends that are no adapters: they may import adapters or be imported by all.
var notAdapters = []string{"pitwall/backends/internal", "pitwall/backends/registry", "pitwall/backends/sim", "pitwall/backends/discovery", "pitwall/backends/history", "pitwall/backends/books"}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []goPackage
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var p goPackage
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func within(path, tree string) bool {
	tree = strings.TrimSuffix(tree, "/")
	return path == tree || strings.HasPrefix(path, tree+"/")
}

func matches(imported, forbidden string) bool {
	if strings.HasSuffix(forbidden, "/") {
		return strings.HasPrefix(imported, forbidden)
	}
	if strings.HasPrefix(forbidden, "pitwall/") || strings.Contains(forbidden, ".") {
		return within(imported, forbidden)
	}
	return imported == forbidden // a package of the standard library, exactly
}

func anyWithin(path string, trees []string) bool {
	for _, tree := range trees {
		if within(path, tree) {
			return true
		}
	}
	return false
}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	list := packages(t)
	if len(list) < 10 {
		t.Fatalf("only %d packages were found: the rule would check nothing", len(list))
	}
	for _, p := range list {
		for _, r := range rules {
			if !within(p.ImportPath, r.tree) || anyWithin(p.ImportPath, r.except) {
				continue
			}
			for _, imported := range p.Imports {
				for _, f := range r.forbid {
					if matches(imported, f) {
						t.Errorf("%s imports %s: %s", p.ImportPath, imported, r.why)
					}
				}
			}
		}
		checkAdapter(t, p)
	}
}

// checkAdapter keeps adapters apart: one can be dropped or replaced alone.
func checkAdapter(t *testing.T, p goPackage) {
	t.Helper()
	if !strings.HasPrefix(p.ImportPath, "pitwall/backends/") || anyWithin(p.ImportPath, notAdapters) {
		return
	}
	own := strings.Join(strings.Split(p.ImportPath, "/")[:3], "/")
	for _, imported := range p.Imports {
		if within(imported, "pitwall/backends") && !within(imported, own) && !strings.HasPrefix(imported, shared[0]) {
			t.Errorf("%s imports %s: adapters never import each other or the Hub", p.ImportPath, imported)
		}
	}
}
