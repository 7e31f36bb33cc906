package registry

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestWhatCanBeAskedPrompts(t *testing.T) {
	sources := []fleet.SourceSpec{{ID: "a", Kind: "vllm", URL: "http://10.0.0.1:8000/metrics"}, {ID: "b", Kind: "dcgm", URL: "http://10.0.0.1:9400"},
		{ID: "c", Kind: "sglang", From: "store"}, {ID: "d", Kind: "tgi", URL: "https://x", TLS: fleet.TLSSpec{Insecure: true}}}
	open := Set(Connectors()).Askers(func() []fleet.SourceSpec { return sources }, fleet.Deps{Clock: fleet.SystemClock{}})
	if a, err := open("a"); err != nil || a == nil {
		t.Error(a, err)
	}
	for id, want := range map[fleet.SourceID]string{"b": `no prompt can be sent by the connector "dcgm"`, "c": "no address of its own",
		"d": "an answer would prove nothing", "e": "no source reads it"} {
		if _, err := open(id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	asks := map[string]bool{}
	for _, c := range Connectors() {
		asks[c.Kind] = c.NewAsker != nil
	}
	for _, kind := range []string{"vllm", "sglang", "trtllm", "tgi", "llamacpp"} {
		if !asks[kind] {
			t.Errorf("%s answers no prompt", kind)
		}
	}
}
