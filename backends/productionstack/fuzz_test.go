package productionstack

import (
	"os"
	"path/filepath"
	"testing"

	"pitwall/backends/internal/yamltext"
	"pitwall/fleet"
)

// Whatever a file is, taking a back end out changes what is listed of that model and nothing else, or is refused.
func FuzzFile(f *testing.F) {
	f.Add(fixture(f, "dynamic.yaml"))
	f.Add(fixture(f, "dynamic.json"))
	f.Add(`{"service_discovery":"static","routing_logic":"session","static_models":{"chat":{"static_backends":["http://10.0.0.1:8000",7]}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		was, err := parseFile([]byte(text))
		if err != nil || was.config.why != "" {
			return
		}
		if before, err := was.config.weights(chat); err != nil || !before.Equal(in(1, 1, 0)) {
			return
		}
		out, err := was.list(chat, in(1, 0, 1))
		if err != nil {
			return
		}
		now, err := parseFile([]byte(out))
		if err != nil {
			t.Fatalf("%q cannot be read: %v", out, err)
		}
		if w, err := now.config.weights(chat); err != nil || !w.Equal(in(1, 0, 1)) {
			t.Errorf("%q holds %v, %v", out, w, err)
		}
		for _, model := range was.config.models() {
			if model != "chat" && was.config.listed(model) != now.config.listed(model) {
				t.Errorf("%q lists other back ends of %s", out, model)
			}
		}
		if field, _ := was.config.otherwise(now.config); field != "" {
			t.Errorf("%q has another %s", out, field)
		}
		if _, err := yamltext.Decode(out); err != nil {
			t.Error(err)
		}
	})
}

// The sample that lies beside the checkout is a file that can be changed.
func TestTheSampleIsAFileOfRouters(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "gateways", "production-stack-dynamic-config.example.yaml"))
	if err != nil {
		t.Skip("the folder of recorded samples is not beside this checkout")
	}
	f, err := parseFile(text)
	must(t, err)
	r := fleet.RouteSpec{ID: "chat", Targets: []fleet.TargetSpec{{ID: "http://127.0.0.1:9101"}, {ID: "http://127.0.0.1:9102"}}}
	w, err := f.config.weights(r)
	must(t, err)
	if f.config.why != "" || len(w) != 2 || w.Sum() != 2 || f.config.aliases["gpt-4o"] != "chat" || f.config.entries[0].kind != "chat" {
		t.Errorf("read %+v, %v", f.config, w)
	}
	_, err = f.list(r, fleet.Weights{"http://127.0.0.1:9101": 1, "http://127.0.0.1:9102": 0})
	must(t, err)
}
