package kubesuite

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func checkEncodings(t *testing.T, c *clients) {
	t.Run("protobuf", c.encodesProtobuf)
	t.Run("both say the same", c.encodesBothSayTheSame)
	t.Run("the first that is known", c.encodesTheFirstThatIsKnown)
	t.Run("an unknown one", c.encodesAnUnknownOne)
	t.Run("only metadata", c.encodesOnlyMetadata)
	t.Run("the metadata client", c.encodesTheMetadataClient)
	t.Run("the dynamic client", c.encodesTheDynamicClient)
	t.Run("compressed", c.encodesCompressed)
}

func (c *clients) encodesProtobuf(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name
	for _, p := range []string{path, c.podsPath()} {
		a := c.ask(t, request{Path: p, Token: c.Tokens.Admin, Accept: protobufType}).want(t, http.StatusOK)
		if a.Header.Get("Content-Type") != protobufType || !protobuf(a.Body) {
			t.Error(a)
		}
	}
	a := c.ask(t, request{Path: c.podsPath() + "/no-such-pod", Token: c.Tokens.Admin, Accept: protobufType}).want(t, http.StatusNotFound)
	if a.Header.Get("Content-Type") != protobufType || !protobuf(a.Body) {
		t.Errorf("a refusal: %s", a)
	}
}

func (c *clients) encodesBothSayTheSame(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name
	binary := must(c.typed(t, c.Tokens.Viewer).CoreV1().Pods(c.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{}))(t)
	var text corev1.Pod
	c.get(t, path).want(t, http.StatusOK).read(t, &text)
	text.TypeMeta = binary.TypeMeta
	one, two := must(json.Marshal(binary))(t), must(json.Marshal(text))(t)
	if string(one) != string(two) {
		t.Errorf("protobuf\n%s\nJSON\n%s", one, two)
	}
}

func (c *clients) encodesTheFirstThatIsKnown(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name
	for accept, want := range map[string]string{
		"":                            jsonType,
		"*/*":                         jsonType,
		"text/html, */*":              jsonType,
		protobufType + "," + jsonType: protobufType,
		jsonType + "," + protobufType: jsonType,
		"application/yaml":            "application/yaml",
	} {
		a := c.ask(t, request{Path: path, Token: c.Tokens.Admin, Accept: accept}).want(t, http.StatusOK)
		if got := a.Header.Get("Content-Type"); got != want {
			t.Errorf("Accept %q is answered with %q, want %q", accept, got, want)
		}
	}
}

func (c *clients) encodesAnUnknownOne(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name
	for _, accept := range []string{"text/csv", "application/*", "application/json;stream=oops"} {
		c.ask(t, request{Path: path, Token: c.Tokens.Admin, Accept: accept}).
			refusal(t, http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable, protobufType)
	}
}

func (c *clients) encodesOnlyMetadata(t *testing.T) {
	accept := "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	a := c.ask(t, request{Path: c.podsPath(), Token: c.Tokens.Admin, Accept: accept}).want(t, http.StatusOK)
	var list metav1.PartialObjectMetadataList
	if a.read(t, &list); list.Kind != "PartialObjectMetadataList" || list.APIVersion != "meta.k8s.io/v1" || len(list.Items) < 3 {
		t.Fatal(a)
	}
	if strings.Contains(string(a.Body), `"nodeName"`) || list.Items[0].Name == "" {
		t.Error(a)
	}
}

func (c *clients) encodesTheMetadataClient(t *testing.T) {
	pod := c.pod(t)
	gvr := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	one := must(c.metadata(t, c.Tokens.Viewer).Resource(gvr).Namespace(c.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{}))(t)
	if one.Name != pod.Name || one.UID != pod.UID {
		t.Errorf("%s %s", one.Name, one.UID)
	}
	list := must(c.metadata(t, c.Tokens.Viewer).Resource(gvr).List(t.Context(), metav1.ListOptions{}))(t)
	if len(list.Items) < 4 || list.Items[0].Namespace == "" {
		t.Errorf("%d objects", len(list.Items))
	}
}

func (c *clients) encodesTheDynamicClient(t *testing.T) {
	gvr := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	list := must(c.dynamic(t, c.Tokens.Viewer).Resource(gvr).Namespace(c.Namespace).List(t.Context(), metav1.ListOptions{}))(t)
	if len(list.Items) == 0 || list.Items[0].GetKind() != "Deployment" || list.Items[0].GetAPIVersion() != "apps/v1" {
		t.Errorf("%v", list.Items)
	}
}

func (c *clients) encodesCompressed(t *testing.T) {
	res := c.open(t.Context(), t, request{Path: "/openapi/v2", Token: c.Tokens.Admin, Header: map[string]string{"Accept-Encoding": "gzip"}})
	defer func() { _ = res.Body.Close() }()
	if !c.Can.OpenAPI || res.Header.Get("Content-Encoding") != "gzip" {
		t.Skip("nothing here is long enough to be compressed")
	}
	n := must(io.Copy(io.Discard, must(gzip.NewReader(res.Body))(t)))(t)
	if n < 128<<10 {
		t.Errorf("%d bytes were compressed", n)
	}
}
