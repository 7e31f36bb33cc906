package config

import (
	"reflect"
	"strings"
	"testing"
)

const aPoolOf = "version: 1\ncontexts:\n  - name: a\n    pools:\n      - id: p\n        engine: vllm\n        nodes:\n          - "

func TestANodeIsReadInTheWayOfItsExporter(t *testing.T) {
	for node, want := range map[string]string{
		`{id: n, url: "http://h:9400"}`:                                "",
		`{id: n, exporter: amd, url: "http://h:5000"}`:                 "",
		`{id: n, exporter: nvidia-smi, command: [ssh, n, nvidia-smi]}`: "",
		`{id: n, exporter: nvidia-smi, file: /var/lib/gpus.csv}`:       "",
		`{id: n}`:                       "url is missing",
		`{id: n, exporter: nvidia-smi}`: "exactly one of command and file",
		`{id: n, exporter: nvidia-smi, command: [nvidia-smi], file: /x}`:              "exactly one of command and file",
		`{id: n, exporter: nvidia-smi, url: "http://h", file: /x}`:                    "has no url",
		`{id: n, exporter: nvidia-smi, command: [""]}`:                                "empty word",
		`{id: n, url: "http://h:9400", command: [nvidia-smi]}`:                        "command and file need exporter: nvidia-smi",
		`{id: n, exporter: nvidia-gpu, url: "http://h:9835", file: /x}`:               "command and file need exporter: nvidia-smi",
		`{id: n, exporter: nvidia-smi, command: "ssh n nvidia-smi", gpus: 8}`:         "line 8",
		`{id: n, exporter: nvidia-smi, command: [nvidia-smi], poll: {interval: 15s}}`: "",
	} {
		f, err := Parse([]byte(aPoolOf + node + "\n"))
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", node, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", node, err)
			continue
		}
		inv, err := f.Contexts[0].Inventory(noDefault)
		if err != nil || len(inv.Sources) != 1 {
			t.Fatalf("%s: %+v, %v", node, inv.Sources, err)
		}
		n, s := f.Contexts[0].Pools[0].Nodes[0], inv.Sources[0]
		if s.URL != n.URL || s.File != n.File || !reflect.DeepEqual(s.Command, n.Command) || string(s.Subject.Node) != "n" {
			t.Errorf("%s: source %+v", node, s)
		}
		text, err := Write(inv)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(text)
		if err != nil || !reflect.DeepEqual(again.Contexts[0].Pools[0].Nodes[0].Command, n.Command) ||
			again.Contexts[0].Pools[0].Nodes[0].File != n.File {
			t.Errorf("%s: written and read again: %v\n%s", node, err, text)
		}
	}
}
