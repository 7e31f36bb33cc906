package podspec

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

const hidden = "/spec/template/spec/containers/0"

// fields writes what an edit changes as "path: before -> after", guards as "path = value".
func fields(t testing.TB, spec string, w fleet.Want) (string, error) {
	t.Helper()
	o := object(t, spec)
	before, err := New(o, "/spec/template")
	if err != nil {
		t.Fatal(err)
	}
	after, _, err := before.Edit(w, true)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, f := range jsonptr.Diff(before.At, before.Doc(), after.Doc()) {
		path := strings.Replace(f.Path, hidden, "~", 1)
		if f.Before.Equal(f.After) {
			lines = append(lines, fmt.Sprintf("%s = %s", path, f.Before))
		} else {
			lines = append(lines, fmt.Sprintf("%s: %s -> %s", path, f.Before, f.After))
		}
	}
	return strings.Join(lines, "\n"), nil
}

func TestEachValueIsChangedWhereTheTemplateSaysIt(t *testing.T) {
	args := func(flag, value string) fleet.Want {
		return fleet.Want{Args: []fleet.ArgEdit{{Flag: flag, Value: value}}}
	}
	const name = "~/name = \"engine\"\n"
	for _, c := range []struct {
		name, spec string
		w          fleet.Want
		want       string
	}{
		{"image", one(`"image":"a:1"`), fleet.Want{Image: "a:2"}, name + `~/image: "a:1" -> "a:2"`},
		{"--model X", one(`"args":["serve","--model","m1","--port","1"]`), fleet.Want{Weights: "m2"},
			name + "~/args/1 = \"--model\"\n" + `~/args/2: "m1" -> "m2"`},
		{"--model=X", one(`"args":["--model=m1"]`), fleet.Want{Weights: "m2"}, name + `~/args/0: "--model=m1" -> "--model=m2"`},
		{"serve X", one(`"command":["vllm","serve","m1"]`), fleet.Want{Weights: "m2"}, name + `~/command/2: "m1" -> "m2"`},
		{"by text span", one(`"command":["sh","-c","exec vllm serve m1 --model-x 1 > l 2>&1; echo m1"]`), fleet.Want{Weights: "m 2"},
			name + "~/command/1 = \"-c\"\n" + `~/command/2: "exec vllm serve m1 --model-x 1 > l 2>&1; echo m1" -> "exec vllm serve 'm 2' --model-x 1 > l 2>&1; echo m1"`},
		{"two spans of one text", one(`"command":["sh","-c","vllm serve m1 --revision 'r 1'"]`), fleet.Want{Weights: "longer/m2", Revision: "r2"},
			name + "~/command/1 = \"-c\"\n" + `~/command/2: "vllm serve m1 --revision 'r 1'" -> "vllm serve longer/m2 --revision r2"`},
		{"a variable", one(`"env":[{"name":"X","value":"1"},{"name":"MODEL_ID","value":"m1"}]`), fleet.Want{Weights: "m2"},
			name + "~/env/1/name = \"MODEL_ID\"\n" + `~/env/1/value: "m1" -> "m2"`},
		{"through a reference", one(`"args":["--model","$(M)"],"env":[{"name":"M","value":"m1"}]`), fleet.Want{Weights: "m2"},
			name + "~/env/0/name = \"M\"\n" + `~/env/0/value: "m1" -> "m2"`},
		{"a part of a reference", one(`"args":["--model","org/$(M)"],"env":[{"name":"M","value":"m1"}]`), fleet.Want{Weights: "org/m2"},
			name + "~/args/0 = \"--model\"\n" + `~/args/1: "org/$(M)" -> "org/m2"`},
		{"a flag in a list", one(`"args":["--max-model-len","4096"]`), args("--max-model-len", "8192"),
			name + "~/args/0 = \"--max-model-len\"\n" + `~/args/1: "4096" -> "8192"`},
		{"a new flag in a list", one(`"args":["--port","1"]`), args("--max-model-len", "8192"),
			name + `~/args/2:  -> "--max-model-len"` + "\n" + `~/args/3:  -> "8192"`},
		{"the last of a flag that is given twice", one(`"args":["--max-model-len","4096","--max-model-len=2048"]`), args("--max-model-len", "8192"),
			name + `~/args/2: "--max-model-len=2048" -> "--max-model-len=8192"`},
		{"a number below zero", one(`"args":["--max-logprobs","-1","--port","1"]`), args("--max-logprobs", "5"),
			name + "~/args/0 = \"--max-logprobs\"\n" + `~/args/1: "-1" -> "5"`},
		{"a flag of another command of the line", one(`"command":["sh","-c","vllm serve m --port 1 & proxy --port 2"]`), args("--port", "9"),
			name + "~/command/1 = \"-c\"\n" + `~/command/2: "vllm serve m --port 1 & proxy --port 2" -> "vllm serve m --port 9 & proxy --port 2"`},
		{"quotes around flag and value", one(`"command":["sh","-c","vllm serve \"--model=m 1\" --port=1"]`), fleet.Want{Weights: "m 2", Args: []fleet.ArgEdit{{Flag: "--port", Value: "9"}}},
			name + "~/command/1 = \"-c\"\n" + `~/command/2: "vllm serve \"--model=m 1\" --port=1" -> "vllm serve '--model=m 2' --port=9"`},
		{"quotes around the value", one(`"command":["sh","-c","vllm serve --model='m 1'"]`), fleet.Want{Weights: "m2"},
			name + "~/command/1 = \"-c\"\n" + `~/command/2: "vllm serve --model='m 1'" -> "vllm serve --model=m2"`},
		{"the first argument of an engine that brings its program", one(`"image":"vllm/vllm-openai:1"`), args("--port", "9"), name + `~/args:  -> ["--port","9"]`},
		{"a switch", one(`"command":["vllm","serve","m"]`), args("--enforce-eager", ""), name + `~/command/3:  -> "--enforce-eager"`},
		{"a value for a switch", one(`"args":["--x","--port","1"]`), args("--x", "on"), name + `~/args: ["--x","--port","1"] -> ["--x","on","--port","1"]`},
		{"a new flag in a line", one(`"command":["sh","-c","cd /; vllm serve m1 --port 1 2>&1 | tee l"]`), args("--x", "a b"),
			name + "~/command/1 = \"-c\"\n" + `~/command/2: "cd /; vllm serve m1 --port 1 2>&1 | tee l" -> "cd /; vllm serve m1 --port 1 --x 'a b' 2>&1 | tee l"`},
		{"a new revision", one(`"args":["--model","m1"]`), fleet.Want{Revision: "r"}, name + `~/args/2:  -> "--revision"` + "\n" + `~/args/3:  -> "r"`},
		{"a new revision of TGI", one(`"env":[{"name":"MODEL_ID","value":"m"}]`), fleet.Want{Revision: "r"},
			name + `~/env/1:  -> {"name":"REVISION","value":"r"}`},
		{"a claim", `{"containers":[{"name":"engine","args":["--model","/models/a"],` + onClaim, fleet.Want{Weights: "pvc://weights-v2"},
			"/spec/template/spec/volumes/0/name = \"w\"\n" + `/spec/template/spec/volumes/0/persistentVolumeClaim/claimName: "weights-v1" -> "weights-v2"`},
		{"a claim and a path", `{"containers":[{"name":"engine","args":["--model","/models/a"],` + onClaim, fleet.Want{Weights: "pvc://weights-v2/b"},
			name + "~/args/0 = \"--model\"\n~/args/1: \"/models/a\" -> \"/models/b\"\n" +
				"/spec/template/spec/volumes/0/name = \"w\"\n" + `/spec/template/spec/volumes/0/persistentVolumeClaim/claimName: "weights-v1" -> "weights-v2"`},
		{"an image volume", `{"containers":[{"name":"engine","args":["--model","/models"],` + onImage, fleet.Want{Weights: "oci://reg/llama:2"},
			"/spec/template/spec/volumes/0/name = \"w\"\n" + `/spec/template/spec/volumes/0/image/reference: "reg/llama:1" -> "reg/llama:2"`},
	} {
		got, err := fields(t, c.spec, c.w)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s", c.name, err, got, c.want)
		}
	}
}

// Trap 11: args and env are lists that a merge would replace whole. What stands beside the changed item is not written.
func TestTrap11NothingBesideTheChangedItemIsWritten(t *testing.T) {
	spec := `{"containers":[{"name":"engine","image":"a:1","args":["--model","m1","--api-key","hunter2"],"env":[{"name":"TOKEN","value":"hunter2"}]},{"name":"side","image":"s:1"}]}`
	got, err := fields(t, spec, fleet.Want{Weights: "m2", Image: "a:2", Args: []fleet.ArgEdit{{Flag: "--port", Value: "9"}}})
	if err != nil || strings.Contains(got, "hunter2") || strings.Contains(got, "side") || !strings.Contains(got, `"m1" -> "m2"`) {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestWhatCannotBeChangedSaysWhatCan(t *testing.T) {
	fromMap := one(`"args":["--model","$(M)"],"env":[{"name":"M","valueFrom":{"configMapKeyRef":{"name":"c","key":"k"}}}]`)
	for _, c := range []struct {
		name, spec string
		w          fleet.Want
		kind       fleet.Kind
		says       string
	}{
		{"from a ConfigMap", fromMap, fleet.Want{Weights: "m2"}, fleet.KindUnsupported, "key k of ConfigMap c"},
		{"no model", one(`"image":"a"`), fleet.Want{Weights: "m2"}, fleet.KindUnsupported, "names no model"},
		{"no volume", one(`"args":["--model","m"]`), fleet.Want{Weights: "pvc://c"}, fleet.KindUnsupported, "no volume of the kind pvc://"},
		{"a revision of a path", one(`"args":["--model","/m"]`), fleet.Want{Revision: "r"}, fleet.KindUnsupported, "no hub"},
		{"a revision of NIM", one(`"env":[{"name":"NIM_MODEL_NAME","value":"m"}]`), fleet.Want{Revision: "r"}, fleet.KindUnsupported, "no variable"},
		{"a credential", one(`"args":[]`), fleet.Want{Args: []fleet.ArgEdit{{Flag: "--api-key", Value: "x"}}}, fleet.KindInvalid, "Secret"},
		{"no flag", one(`"args":[]`), fleet.Want{Args: []fleet.ArgEdit{{Flag: "x; rm", Value: "x"}}}, fleet.KindInvalid, "no flag"},
		{"a flag without its value", one(`"args":["--x","1"]`), fleet.Want{Args: []fleet.ArgEdit{{Flag: "--x"}}}, fleet.KindInvalid, "value"},
		{"arguments in place of those of the image", one(`"image":"nvcr.io/nim/m:1"`), fleet.Want{Args: []fleet.ArgEdit{{Flag: "--x", Value: "1"}}}, fleet.KindUnsupported, "neither command nor arguments"},
		{"a variable that names model and served name", one(`"args":["--model","$(M)","--served-model-name","$(M)"],"env":[{"name":"M","value":"m1"}]`), fleet.Want{Weights: "m2"}, fleet.KindUnsupported, "under which name it is served"},
		{"what another program serves", one(`"command":["ray","serve","run","app:main"]`), fleet.Want{Weights: "m2"}, fleet.KindUnsupported, "names no model"},
		{"no container", one(`"args":[]`), fleet.Want{Container: "other", Image: "x"}, fleet.KindInvalid, "no container other"},
	} {
		if got, err := fields(t, c.spec, c.w); fleet.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: %v, %s", c.name, err, got)
		}
	}
}

// A template beside the serving one, such as that of the workers of a group, is only changed where it says a thing.
func TestATemplateBesideIsChangedWhereItSaysAThing(t *testing.T) {
	worker := template(t, one(`"image":"a:1","command":["sh","-c","ray start --block"]`))
	after, said, err := worker.Edit(fleet.Want{Weights: "m2", Revision: "r", Args: []fleet.ArgEdit{{Flag: "--x", Value: "1"}}, Image: "a:2"}, false)
	if err != nil || len(said) != 1 || after.Version().Image.String() != "a:2" {
		t.Errorf("%v %v %+v", err, said, after.Version())
	}
	if _, said, err := worker.Edit(fleet.Want{Container: "other", Image: "x"}, false); err != nil || len(said) != 0 {
		t.Errorf("%v %v", err, said)
	}
}
