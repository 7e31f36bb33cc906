package openrouter

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// The answers that the tests play fit OpenRouter's own description, and the examples of the description are read.
func TestAnswersFitTheDescription(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "billing", "openrouter_credits_usage.openapi.yaml"))
	if err != nil {
		t.Skip("the folder of recorded samples is not beside this checkout")
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	media := func(path string) *openapi3.MediaType {
		t.Helper()
		item := doc.Paths.Value(path)
		if item == nil {
			t.Fatalf("the description has no %s", path)
		}
		return item.Get.Responses.Status(200).Value.Content["application/json"]
	}
	for path, name := range map[string]string{"/key": "key.json", "/models/{author}/{slug}/endpoints": "endpoints.json"} {
		var played map[string]any
		if err := json.Unmarshal([]byte(fixture(t, name)), &played); err != nil {
			t.Fatal(err)
		}
		known := media(path).Schema.Value.Properties["data"].Value
		for field := range played["data"].(map[string]any) {
			if len(known.Properties) > 0 && known.Properties[field] == nil {
				t.Errorf("%s: the description has no field %s", name, field)
			}
		}
	}
	example, err := json.Marshal(media("/key").Example)
	if err != nil {
		t.Fatal(err)
	}
	k, err := readKey("or", &httpx.Reply{Body: example})
	if err != nil || k.limit != fleet.Some(100.0) || k.remaining != fleet.Some(74.5) || k.reset != "monthly" || !k.expires.OK || k.nonsense {
		t.Errorf("%+v, %v", k, err)
	}
}
