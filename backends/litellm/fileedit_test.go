package litellm

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pitwall/fleet"
)

func chatRoute(ids ...fleet.TargetID) fleet.RouteSpec {
	r := fleet.RouteSpec{ID: "chat", Gateway: "gw"}
	for _, id := range ids {
		r.Targets = append(r.Targets, fleet.TargetSpec{ID: id})
	}
	return r
}

const blockStyle = `# who gets what
model_list:
  - model_name: chat      # the route
    litellm_params:
      model: openai/a
      weight:   90   # most of it
      api_key: os.environ/KEY
    model_info: {id: a}

  - model_name: "chat"
    litellm_params: {model: "öpenai/b", weight: 10 , rpm: 5}
    model_info:
      id: 'b'
  - model_name: chat-backup
    litellm_params: {model: openai/c, weight: 90}
general_settings:
  master_key: os.environ/MASTER # 90
`

func TestEditChangesOnlyTheWeights(t *testing.T) {
	for _, tc := range []struct {
		name, text, want string
		after            fleet.Weights
	}{
		{
			"block and flow style", blockStyle,
			strings.Replace(strings.Replace(blockStyle, "  90   #", "  70   #", 1), "weight: 10 ", "weight: 30 ", 1),
			fleet.Weights{"a": 70, "b": 30},
		},
		{
			"one of two", blockStyle, strings.Replace(blockStyle, "weight: 10 ", "weight: 1234 ", 1),
			fleet.Weights{"a": 90, "b": 1234},
		},
		{
			"line ends of Windows", strings.ReplaceAll(blockStyle, "\n", "\r\n"),
			strings.ReplaceAll(strings.Replace(blockStyle, "  90   #", "  0   #", 1), "\n", "\r\n"),
			fleet.Weights{"a": 0, "b": 10},
		},
		{
			"absent weights are added",
			"model_list:\n- model_name: chat\n  litellm_params:\n    # which\n    model: a\n  model_info: {id: a}\n" +
				"- model_name: chat\n  litellm_params: {model: b}\n  model_info: {id: b}\n",
			"model_list:\n- model_name: chat\n  litellm_params:\n    # which\n    weight: 1\n    model: a\n  model_info: {id: a}\n" +
				"- model_name: chat\n  litellm_params: {weight: 2, model: b}\n  model_info: {id: b}\n",
			fleet.Weights{"a": 1, "b": 2},
		},
		{
			"a decimal point, and no newline at the end",
			"model_list: [{model_name: chat, model_info: {id: a}, litellm_params: {model: a, weight: 1.0}}, " +
				"{model_name: chat, model_info: {id: b}, litellm_params: {weight: 2}}]",
			"model_list: [{model_name: chat, model_info: {id: a}, litellm_params: {model: a, weight: 4}}, " +
				"{model_name: chat, model_info: {id: b}, litellm_params: {weight: 2}}]",
			fleet.Weights{"a": 4, "b": 2},
		},
		{
			"own weight over a merged one",
			"base: &base {weight: 7, rpm: 1}\nmodel_list:\n- model_name: chat\n  litellm_params:\n    <<: *base\n    weight: 3\n" +
				"  model_info: {id: a}\n- model_name: chat\n  litellm_params:\n    <<: *base\n    model: x\n  model_info: {id: b}\n",
			"base: &base {weight: 7, rpm: 1}\nmodel_list:\n- model_name: chat\n  litellm_params:\n    <<: *base\n    weight: 5\n" +
				"  model_info: {id: a}\n- model_name: chat\n  litellm_params:\n    <<: *base\n    model: x\n  model_info: {id: b}\n",
			fleet.Weights{"a": 5, "b": 7},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := parseConfig([]byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.edit(chatRoute("a", "b"), tc.after)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestEditRefusesWithAReason(t *testing.T) {
	member := func(params, info string) string {
		return "  - model_name: chat\n    litellm_params: " + params + "\n    model_info: " + info + "\n"
	}
	for _, tc := range []struct{ name, text, why string }{
		{"no YAML", "model_list: [", "not valid YAML"},
		{"two documents", "model_list: []\n---\nmodel_list: []\n", "2 YAML documents"},
		{"no list", "model_list: {a: b}\n", "no model_list of its own"},
		{"empty", "", "model_list"},
		{"unpinned", "model_list:\n" + member("{weight: 1}", "{id: a}") + member("{weight: 1}", "{mode: chat}"),
			"pin model_info.id"},
		{"absent target", "model_list:\n" + member("{weight: 1}", "{id: a}"), "has the id b"},
		{"twice", "model_list:\n" + member("{weight: 1}", "{id: a}") + member("{weight: 1}", "{id: a}"), "two members"},
		{"from the environment", "model_list:\n" + member("{weight: os.environ/W}", "{id: a}") + member("{weight: 1}", "{id: b}"),
			"plain number"},
		{"shared by an alias", "model_list:\n" + member("&p {weight: 1}", "{id: a}") + member("*p", "{id: b}"), "alias"},
		{"shared with another route", "model_list:\n" + member("&p {weight: 1}", "{id: a}") + member("{weight: 2}", "{id: b}") +
			"  - model_name: backup\n    litellm_params: *p\n", "in a way in which the weights cannot be edited alone"},
		{"a shared number", "model_list:\n" + member("{weight: &w 1}", "{id: a}") + member("{weight: *w}", "{id: b}"),
			"cannot be edited"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := parseConfig([]byte(tc.text))
			if err == nil {
				_, err = c.edit(chatRoute("a", "b"), fleet.Weights{"a": 60, "b": 40})
			}
			if err == nil || !strings.Contains(err.Error(), tc.why) {
				t.Errorf("got %v, want a sentence with %q", err, tc.why)
			}
		})
	}
}

func TestWeightsOfAFile(t *testing.T) {
	for _, tc := range []struct {
		name, text, why string
		want            fleet.Weights
	}{
		{"set", blockStyle, "", fleet.Weights{"a": 90, "b": 10}},
		{"unset is missing, not 0", strings.Replace(blockStyle, "weight: 10 , ", "", 1), "", fleet.Weights{"a": 90}},
		{"half a weight", strings.Replace(blockStyle, "weight: 10 ", "weight: 0.5 ", 1), "whole number", nil},
		{"text", strings.Replace(blockStyle, "weight: 10 ", "weight: '10' ", 1), "whole number", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := parseConfig([]byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.weights(chatRoute("a", "b"))
			if tc.why != "" {
				if err == nil || !strings.Contains(err.Error(), tc.why) {
					t.Errorf("got %v, want a sentence with %q", err, tc.why)
				}
				return
			}
			if err != nil || !got.Equal(tc.want) {
				t.Errorf("got %v %v, want %v", got, err, tc.want)
			}
		})
	}
}

// Editing there and back gives the same bytes, whatever the layout.
func TestEditThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, before := drawConfig(t)
		after := fleet.Weights{}
		for id := range before {
			after[id] = rapid.IntRange(0, 1000).Draw(t, "after")
		}
		r := chatRoute("a", "b", "c")
		there := mustEdit(t, text, r, after)
		back := mustEdit(t, there, r, before)
		if !bytes.Equal(back, text) {
			t.Fatalf("there and back:\n%s\nbut it was\n%s", back, text)
		}
	})
}

type failer interface{ Fatal(args ...any) }

func mustEdit(t failer, text []byte, r fleet.RouteSpec, w fleet.Weights) []byte {
	c, err := parseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.edit(r, w)
	if err != nil {
		t.Fatal(err, string(text))
	}
	return out
}

func drawConfig(t *rapid.T) ([]byte, fleet.Weights) {
	var b strings.Builder
	w := fleet.Weights{}
	comment := rapid.SampledFrom([]string{"", " # why", "\t# 90 weight: 3", "  # ünïcode"})
	indent := strings.Repeat(" ", rapid.IntRange(0, 4).Draw(t, "indent"))
	fmt.Fprintf(&b, "model_list:%s\n", comment.Draw(t, "c"))
	for _, id := range []fleet.TargetID{"a", "b", "c"} {
		w[id] = rapid.IntRange(0, 1000).Draw(t, "before")
		fmt.Fprintf(&b, "%s- model_name: chat%s\n", indent, comment.Draw(t, "c"))
		if rapid.Bool().Draw(t, "flow") {
			fmt.Fprintf(&b, "%s  litellm_params: { model: 'ä%s', weight: %d, rpm: 9 }%s\n", indent, id, w[id], comment.Draw(t, "c"))
		} else {
			fmt.Fprintf(&b, "%s  litellm_params:\n%s    model: x/%s\n%s    weight:  %d%s\n%s    rpm: 1\n",
				indent, indent, id, indent, w[id], comment.Draw(t, "c"), indent)
		}
		fmt.Fprintf(&b, "%s  model_info: {id: %s}%s\n", indent, id, comment.Draw(t, "c"))
	}
	return []byte(b.String()), w
}

func FuzzEdit(f *testing.F) {
	f.Add([]byte(blockStyle), 30, 70)
	f.Add([]byte(strings.ReplaceAll(blockStyle, "\n", "\r\n")), 0, 5)
	f.Add([]byte("model_list: [{model_name: chat, model_info: {id: a}, litellm_params: {}}, "+
		"{model_name: chat, model_info: {id: b}, litellm_params: {weight: 2}}]"), 3, 4)
	f.Add([]byte("x: &p {weight: 1}\nmodel_list:\n- {model_name: chat, model_info: {id: a}, litellm_params: *p}\n"), 1, 2)
	if text, err := os.ReadFile("testdata/config.yaml"); err == nil {
		f.Add(text, 50, 50)
	}
	f.Fuzz(func(t *testing.T, text []byte, a, b int) {
		r := chatRoute("a", "b")
		after := fleet.Weights{"a": a, "b": b}
		if checkWanted(r, after) != nil {
			return
		}
		c, err := parseConfig(text)
		if err != nil {
			return
		}
		out, err := c.edit(r, after)
		if err != nil {
			return
		}
		changed, err := parseConfig(out)
		if err != nil {
			t.Fatalf("the result does not parse: %v\n%s", err, out)
		}
		if got, err := changed.weights(r); err != nil || !got.Equal(after) {
			t.Fatalf("got %v %v, want %v\n%s", got, err, after, out)
		}
		if len(changed.members) != len(c.members) {
			t.Fatalf("%d members, were %d", len(changed.members), len(c.members))
		}
		for i, m := range changed.members {
			if old := c.members[i]; old.route != m.route || old.id != m.id || old.weight != m.weight && m.route != "chat" {
				t.Fatalf("member %d is %v, was %v", i, m, old)
			}
		}
	})
}
