package rayapi

import (
	"encoding/json"
	"testing"
	"time"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

// documents are the applications of the sample as objects of a cluster, so that any value of them can be nonsense.
func documents(t *testing.T) *toyobjects.Cluster {
	t.Helper()
	var all instance
	if err := json.Unmarshal([]byte(sample(t)), &all); err != nil {
		t.Fatal(err)
	}
	a := &api{}
	c := toyobjects.New()
	d, err := a.document(&all, "chat", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(d.Body, &doc); err != nil {
		t.Fatal(err)
	}
	doc["metadata"] = map[string]any{"name": "chat"}
	delete(doc, "uid")
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	c.Put(kind, string(text))
	return c
}

func TestNonsenseInAnyFieldIsWithstood(t *testing.T) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	wants := []fleet.Want{toNew, {Do: fleet.DoScale, Replicas: fleet.Some(5)}, {Do: fleet.DoScale, Container: "Router", Replicas: fleet.Some(5)},
		{Do: fleet.DoHoldScaler, Replicas: fleet.Some(2)}}
	toyobjects.Withstands(t, New(clock), documents(t), kind, chat, wants...)
	outside := documents(t)
	outside.Change(kind, chat, "/told/external_scaler_enabled", true)
	outside.Change(kind, chat, "/scale", map[string]any{"LLM": 2, "Router": 1})
	toyobjects.Withstands(t, New(clock), outside, kind, chat, wants...)
}
