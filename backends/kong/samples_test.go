package kong

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// shared reads a recorded sample that lies beside the checkout.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "gateways", name))
	if err != nil {
		t.Skipf("the folder of recorded samples is not beside this checkout: %s is missing", name)
	}
	return text
}

var schemas = []string{"kong-ai-proxy-advanced-3.10.schema.json", "kong-ai-proxy-advanced-3.15.schema.json"}

// What the adapter sends, and what the fake answers and stores, are plugins of Kong's published schemas; so is the sample.
func TestRequestsAndAnswersFitTheSchemas(t *testing.T) {
	for _, name := range schemas {
		schema := schemaOf(t, shared(t, name))
		f := newFake(t)
		f.schema = schema // its bounds are enforced too
		f.read(t, nil)
		w := f.writer(t, &bytes.Buffer{})
		must(t, w.SetWeights(t.Context(), chat, w6040, w1090))
		must(t, w.SetWeights(t.Context(), chat, w1090, fleet.Weights{"llama": 65535, "gpt": 1}))
		checked := map[string]int{}
		for _, e := range f.log {
			if e.Method == http.MethodPatch {
				fits(t, schema, e.Body)
				checked["sent"]++
			}
			if e.Path == "/plugins" {
				var page struct{ Data []json.RawMessage }
				must(t, json.Unmarshal(e.Answer, &page))
				for _, one := range page.Data {
					if bytes.Contains(one, []byte(`"`+pluginAdvanced+`"`)) {
						fits(t, schema, one)
						checked["listed"]++
					}
				}
			}
			if strings.HasPrefix(e.Path, "/plugins/") {
				fits(t, schema, e.Answer)
				checked["answered"]++
			}
		}
		if checked["sent"] != 2 || checked["listed"] < 4 || checked["answered"] < 6 {
			t.Errorf("%s: checked %v", name, checked)
		}
		fits(t, schema, shared(t, "kong-plugin.example.json"))
		bad := bytes.Replace(shared(t, "kong-plugin.example.json"), []byte(`"weight": 90`), []byte(`"weight": 0`), 1)
		if visit(schema, bad) == nil {
			t.Errorf("%s takes the weight 0: the check checks nothing", name)
		}
	}
}

func fits(t *testing.T, schema *openapi3.Schema, text []byte) {
	t.Helper()
	if err := visit(schema, text); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

func visit(schema *openapi3.Schema, text []byte) error {
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	return schema.VisitJSON(withoutNulls(doc))
}

func TestSamplePlugin(t *testing.T) {
	doc, err := jsonptr.Decode(fleet.JSON(shared(t, "kong-plugin.example.json")))
	must(t, err)
	r, ok := pluginRoute(doc)
	if !ok || r.id != "chat-lb" || len(r.members) != 2 || r.members[0].id != "openai/model-a" || r.members[0].weight != fleet.Some(90.0) ||
		r.members[1].base != "http://127.0.0.1:9102/v1/chat/completions" || r.routing.Weighing != fleet.WeighingFromOne ||
		r.routing.AllowedFails != fleet.Some(fleet.Count(3)) || !r.routing.Fixed.IsEmpty() {
		t.Errorf("read %+v", r)
	}
}

// The secrets of the schemas, and every algorithm and bound that they name, are what this adapter goes by.
func TestTheSchemasSayWhatIsTaken(t *testing.T) {
	for _, name := range schemas {
		config := schemaOf(t, shared(t, name)).Properties["config"].Value
		for _, a := range config.Properties["balancer"].Value.Properties["algorithm"].Value.Enum {
			if w, _ := aiWeighing(a.(string)); w == fleet.WeighingUnknown {
				t.Errorf("%s has the algorithm %v, which is not known", name, a)
			}
		}
		target := config.Properties["targets"].Value.Items.Value
		if w := target.Properties["weight"].Value; *w.Min != 1 || *w.Max != maxWeight || w.Default != float64(defaultWeight) {
			t.Errorf("%s: weights of %v to %v, %v", name, *w.Min, *w.Max, w.Default)
		}
		for _, path := range telling {
			at := target
			for _, part := range jsonptr.Names(path) {
				if at = property(at, part); at == nil {
					break // not in this version
				}
				if at.Extensions["x-encrypted"] == true {
					t.Errorf("%s: %s is a secret", name, path)
				}
			}
		}
	}
}

func property(s *openapi3.Schema, name string) *openapi3.Schema {
	if p := s.Properties[name]; p != nil {
		return p.Value
	}
	return nil
}
