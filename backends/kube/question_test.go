package kube

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"pitwall/fleet"
)

// A prompt is the one POST that goes through the pod proxy without being allowed to write.
func TestOnlyPromptsArePostedThroughThePodProxy(t *testing.T) {
	sent := ""
	ways, _ := through(t, nil, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = r.Method + " " + r.URL.Path + " " + string(body)
		_, _ = io.WriteString(w, "{}")
	})
	c := way(t, ways)
	reply, err := c.Carry(t.Context(), fleet.CarriedRequest{Method: http.MethodPost, Path: "/v1/chat/completions", Body: []byte("q")})
	if err != nil {
		t.Fatal(err)
	}
	_ = reply.Body.Close()
	if sent != "POST "+proxied+"/v1/chat/completions q" {
		t.Error(sent)
	}
	for _, path := range []string{"/shutdown", "/v1/chat/completions/../../shutdown", "/pause?x=/v1/chat/completions"} {
		if _, err := c.Carry(t.Context(), fleet.CarriedRequest{Method: http.MethodPost, Path: path}); err == nil {
			t.Errorf("%s was sent", path)
		}
	}
	if _, err := c.Carry(t.Context(), fleet.CarriedRequest{Method: http.MethodPost, Path: "/sleep"}); !strings.Contains(err.Error(), "POST is not sent") {
		t.Error(err)
	}
}
