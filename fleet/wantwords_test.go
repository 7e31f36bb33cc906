package fleet

import (
	"strings"
	"testing"
)

func TestImageReferences(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("0a", 32)
	for _, ok := range []string{"x", "vllm:1", "vllm/vllm-openai:v0.12.0", "registry.example.net:5000/a/b__c:Tag_1.2-x", "localhost/x",
		"[2001:db8::1]:5000/x:1", "x" + digest, "reg.example/x:1" + digest, "nvcr.io/nvidia/tritonserver:26.10-py3"} {
		if why := WrongImage(ok, true); why != "" {
			t.Errorf("%q: %s", ok, why)
		}
	}
	for _, bad := range []string{"bad image", " x", "x\n", "x:", ":1", "x@", "X:1", "a//b", "/x", "a/", "-x", "x:-1", "https://reg/x:1", "x:1:2",
		"x@sha256:abc", "x@sha256:" + strings.Repeat("0", 63), "x:" + strings.Repeat("t", 129), "é", "a\u200bb", "azureml:env:1",
		strings.Repeat("a/", 129) + "a", "a..b", "x:v1 --rm"} {
		if WrongImage(bad, true) == "" {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, asset := range []string{"azureml:Env:1", "Env:1", "azureml://registries/r/environments/e/versions/1",
		"/subscriptions/1/environments/e/versions/2"} {
		if why := WrongImage(asset, false); why != "" {
			t.Errorf("%q: %s", asset, why)
		}
	}
	if why := WrongImage("Reg/Vllm:1", true); !strings.Contains(why, "lower case") {
		t.Error(why)
	}
}

func TestModelNames(t *testing.T) {
	for _, ok := range []string{"meta-llama/Llama-3.3-70B-Instruct", "s3://models/v3", "pvc://weights-v2", "hf://org/m:r1", "/models/x", "456@4",
		"llama:4", "azureml:llama:4", "azureml://registries/r/models/m/versions/1", "oci+http://r/x", "modèle"} {
		if why := WrongModel(ok); why != "" {
			t.Errorf("%q: %s", ok, why)
		}
	}
	for _, bad := range []string{"my model", "s3://a b", "m\x00", "a\tb", "://x", "s3://", "s3:///", "1s3://x", "--trust", "a\u202eb",
		strings.Repeat("m", 2000)} {
		if WrongModel(bad) == "" {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestWantedWordsAreCheckedTogether(t *testing.T) {
	for _, w := range []Want{{Image: "bad image"}, {Weights: "a b"}, {Revision: "r 1"}, {Args: []ArgEdit{{Flag: "--a b", Value: "1"}}}} {
		err := w.Check(true)
		if KindOf(err) != KindInvalid || !strings.Contains(err.Error(), "space") {
			t.Errorf("%+v: %v", w, err)
		}
	}
	w := Want{Image: "x:1", Weights: "o/m", Revision: "v1", Args: []ArgEdit{{Flag: "--a", Value: "b c"}}}
	if err := w.Check(true); err != nil {
		t.Error(err)
	}
}
