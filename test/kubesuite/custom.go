package kubesuite

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"pitwall/fleet"
)

// customSchema is what the suite needs of a LeaderWorkerSet, where the server has to be told what that is.
const customSchema = `{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
	"metadata":{"name":"leaderworkersets.leaderworkerset.x-k8s.io"},
	"spec":{"group":"leaderworkerset.x-k8s.io","scope":"Namespaced",
	"names":{"plural":"leaderworkersets","singular":"leaderworkerset","kind":"LeaderWorkerSet","listKind":"LeaderWorkerSetList"},
	"versions":[{"name":"v1","served":true,"storage":true,
	"subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"}},
	"schema":{"openAPIV3Schema":{"type":"object","properties":{
		"spec":{"type":"object","properties":{"replicas":{"type":"integer","minimum":0},"weights":{"type":"array","items":{"type":"number"}}}},
		"status":{"type":"object","properties":{"replicas":{"type":"integer"},"phase":{"type":"string"}}}}}}}]}}`

// checkCustom writes a custom resource, its status apart from the rest.
func checkCustom(t *testing.T, c *clients) {
	if !c.Can.Custom {
		t.Skip("clients write no status on this server")
	}
	w := c.custom(t)
	defer c.drop(t, c.customPath()+"/"+customName)
	h := c.hand(t, c.Tokens.Admin)
	t.Run("object", func(t *testing.T) {
		w := w
		w.Fields = []fleet.Field{field("/spec/replicas", "2", "3"), field("/spec/weights", "", "[0.5,50]")}
		works(t, h.Write(t.Context(), w, "suite/custom", true))
		h.stands(t, w, fleet.StandsBefore)
		works(t, h.Write(t.Context(), w, "suite/custom", false))
		h.stands(t, w, fleet.StandsAfter)
		w.Fields = []fleet.Field{field("/spec/weights", "[5e-1, 50.0]", "")}
		works(t, h.Write(t.Context(), w, "suite/custom", false))
		h.stands(t, w, fleet.StandsAfter)
	})
	t.Run("status", func(t *testing.T) {
		w := w
		w.Fields = []fleet.Field{field("/status/phase", "", `"promoted"`)}
		fails(t, h.Write(t.Context(), w, "suite/custom", true), fleet.KindInvalid, "the cluster would not store status.phase as asked")
		generation := c.customGeneration(t)
		w.Part = "status"
		works(t, h.Write(t.Context(), w, "suite/custom", true))
		h.stands(t, w, fleet.StandsBefore)
		works(t, h.Write(t.Context(), w, "suite/custom", false))
		h.stands(t, w, fleet.StandsAfter)
		back, _ := w.Inverse()
		works(t, h.Write(t.Context(), back, "suite/custom", false))
		h.stands(t, w, fleet.StandsBefore)
		if now := c.customGeneration(t); now != generation {
			t.Errorf("generation %d became %d by a write of the status", generation, now)
		}
		w.Fields = []fleet.Field{field("/spec/replicas", "3", "9")}
		fails(t, h.Write(t.Context(), w, "suite/custom", true), fleet.KindInvalid, "the cluster would not store spec.replicas as asked")
		fails(t, c.hand(t, c.Tokens.Viewer).May(t.Context(), w), fleet.KindAuth,
			"may not patch leaderworkersets/status of leaderworkerset.x-k8s.io")
	})
	if !c.Can.Define {
		return
	}
	t.Run("strict", func(t *testing.T) {
		w := w
		w.Fields = []fleet.Field{field("/spec/replicaCount", "", "2")}
		fails(t, h.Write(t.Context(), w, "suite/custom", false), fleet.KindInvalid, `unknown field "spec.replicaCount"`)
		w.Fields = []fleet.Field{field("/spec/replicas", "3", "-1")}
		fails(t, h.Write(t.Context(), w, "suite/custom", false), fleet.KindInvalid, "spec.replicas")
	})
	t.Run("scale", func(t *testing.T) {
		w := w
		w.Part = "scale"
		for _, step := range [][2]string{{"3", "0"}, {"0", "4"}} { // a Scale of 0 leaves the number out
			w.Fields = []fleet.Field{field("/spec/replicas", step[0], step[1])}
			h.stands(t, w, fleet.StandsBefore)
			works(t, h.Write(t.Context(), w, "suite/custom", true))
			works(t, h.Write(t.Context(), w, "suite/custom", false))
			h.stands(t, w, fleet.StandsAfter)
		}
	})
}

const customName = "suite-custom"

func (c *clients) customPath() string {
	return "/apis/leaderworkerset.x-k8s.io/v1/namespaces/" + c.Namespace + "/leaderworkersets"
}

// custom makes a LeaderWorkerSet of two replicas, and its kind where the server does not know it.
func (c *clients) custom(t *testing.T) fleet.ObjectWrite {
	t.Helper()
	send := func(path, body string) answer {
		return c.ask(t, request{Method: http.MethodPost, Path: path, Token: c.Tokens.Admin, Accept: jsonType, Type: jsonType, Body: body})
	}
	if c.get(t, "/apis/leaderworkerset.x-k8s.io/v1").Code == http.StatusNotFound && c.Can.Define {
		send("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", customSchema).want(t, http.StatusCreated)
	}
	body := `{"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","metadata":{"name":"` + customName + `"},
		"spec":{"replicas":2}}`
	made := send(c.customPath(), body)
	for end := time.Now().Add(patience); made.Code == http.StatusNotFound && time.Now().Before(end); { // a new kind takes a moment
		time.Sleep(50 * time.Millisecond)
		made = send(c.customPath(), body)
	}
	made.want(t, http.StatusCreated)
	var o struct{ Metadata struct{ UID string } }
	made.read(t, &o)
	return fleet.ObjectWrite{Object: fleet.ObjectRef{Kind: customKind.Kind, Namespace: c.Namespace, Name: customName}, API: customKind,
		UID: o.Metadata.UID, Verb: fleet.WriteSet}
}

func (c *clients) customGeneration(t *testing.T) int {
	t.Helper()
	var o struct{ Metadata struct{ Generation int } }
	if err := json.Unmarshal(c.get(t, c.customPath()+"/"+customName).want(t, http.StatusOK).Body, &o); err != nil {
		t.Fatal(err)
	}
	return o.Metadata.Generation
}
