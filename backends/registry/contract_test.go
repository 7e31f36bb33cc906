package registry

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// exempt are packages that cannot run it: a program is no server, and has the cases that apply to it in its own tests;
// a price file is no server either, nor is a folder of bills;
// discovery stands around the reader of a cluster, which runs it; orchestrators, and routes that are objects of a cluster, hold no
// connection that could answer badly.
var exempt = map[string]bool{"nvidiasmi": true, "onprem": true, "focus": true, "discovery": true, "workloads": true, "autoscalers": true, "kubenodes": true,
	"kserve": true, "kuberay": true, "argorollouts": true, "flagger": true, "seldon": true,
	"gatewayroutes": true, "envoyaigateway": true, "modelrewrite": true, "istio": true, "yatai": true}

// TestEveryAdapterRunsTheContract: the suite says what an adapter does with bad answers, so that one without it is not done.
func TestEveryAdapterRunsTheContract(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "registry.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, i := range file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		name, ours := strings.CutPrefix(path, "pitwall/backends/")
		if !ours || exempt[name] {
			continue
		}
		found++
		tests, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(name), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		runs := false
		for _, test := range tests {
			body, err := os.ReadFile(test)
			if err != nil {
				t.Fatal(err)
			}
			runs = runs || strings.Contains(string(body), "contract.Run(")
		}
		if !runs {
			t.Errorf("no test of %s runs the contract suite", path)
		}
	}
	if found < 10 {
		t.Errorf("only %d adapters were found in registry.go", found)
	}
}
