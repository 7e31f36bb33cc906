package kubesuite

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// checkCreate makes, replaces and deletes an object, on servers that can.
func checkCreate(t *testing.T, c *clients) {
	if !c.Can.Create {
		t.Skip("this server creates nothing")
	}
	path := "/api/v1/namespaces/" + c.Namespace + "/events"
	body := `{"kind":"Event","apiVersion":"v1","metadata":{"name":"suite-made","namespace":"` + c.Namespace + `"},"type":"Normal",
		"reason":"SuiteMade","message":"made by the suite","involvedObject":{"kind":"Namespace","name":"x","namespace":"` + c.Namespace + `"},
		"firstTimestamp":"2026-11-22T09:14:00Z","lastTimestamp":"2026-11-22T09:14:00Z","count":1,"source":{"component":"suite"}}`
	send := func(t *testing.T, method, path, body string) answer {
		t.Helper()
		return c.ask(t, request{Method: method, Path: path, Token: c.Tokens.Admin, Accept: jsonType, Type: jsonType, Body: body})
	}
	t.Run("there and gone", func(t *testing.T) {
		var before metav1.PartialObjectMetadataList
		c.get(t, path).want(t, http.StatusOK).read(t, &before)
		var made corev1.Event
		send(t, http.MethodPost, path, body).want(t, http.StatusCreated).read(t, &made)
		if made.UID == "" || made.ResourceVersion == "" || made.CreationTimestamp.IsZero() {
			t.Errorf("%+v", made)
		}
		send(t, http.MethodPost, path, body).refusal(t, http.StatusConflict, metav1.StatusReasonAlreadyExists, "suite-made")
		old := made.ResourceVersion
		made.Count, made.ResourceVersion = 2, ""
		made.ResourceVersion = old
		var put corev1.Event
		send(t, http.MethodPut, path+"/suite-made", string(must(json.Marshal(made))(t))).want(t, http.StatusOK).read(t, &put)
		if put.Count != 2 || put.ResourceVersion == old {
			t.Errorf("count %d, version %s after %s", put.Count, put.ResourceVersion, old)
		}
		made.Count = 3
		send(t, http.MethodPut, path+"/suite-made", string(must(json.Marshal(made))(t))).
			refusal(t, http.StatusConflict, metav1.StatusReasonConflict, "the object has been modified")
		send(t, http.MethodDelete, path+"/suite-made", "").want(t, http.StatusOK)
		send(t, http.MethodDelete, path+"/suite-made", "").refusal(t, http.StatusNotFound, metav1.StatusReasonNotFound)
		var after []watch.EventType
		a := c.get(t, path+"?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dsuite-made&resourceVersion="+before.ResourceVersion)
		dec := json.NewDecoder(bytes.NewReader(a.want(t, http.StatusOK).Body))
		for dec.More() {
			var e event
			if err := dec.Decode(&e); err != nil {
				t.Fatal(err)
			}
			after = append(after, e.Type)
		}
		if len(after) != 3 || after[0] != watch.Added || after[1] != watch.Modified || after[2] != watch.Deleted {
			t.Errorf("the watch told %v", after)
		}
	})
	t.Run("refused", func(t *testing.T) {
		send(t, http.MethodPost, path, `{"kind":"Event"`).refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest)
		send(t, http.MethodPost, path, `{"kind":"Pod","apiVersion":"v1"}`).refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest)
		send(t, http.MethodPost, path+"?dryRun=All", body).want(t, http.StatusCreated)
		c.get(t, path+"/suite-made").refusal(t, http.StatusNotFound, metav1.StatusReasonNotFound)
	})
}
