package views_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// logLines is a log as engines write it, with a line that no screen is wide enough for and hostile ones.
func logLines(n int) []fleet.Safe {
	lines := make([]fleet.Safe, 0, n)
	for i := range n {
		text := "INFO 11-22 14:0" + strconv.Itoa(i%10) + ":07 engine.py:" + strconv.Itoa(100+i) + " step " + strconv.Itoa(i)
		switch i % 9 {
		case 4:
			text = "ERROR 11-22 14:06:41 worker.py:412 torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.31 GiB. GPU 0 has " +
				"a total capacity of 178.36 GiB of which 1.02 GiB is free."
		case 7:
			text = viewtest.HostileNames()[i%len(viewtest.HostileNames())]
		}
		lines = append(lines, fleet.Label(text))
	}
	return lines
}

var details = map[string]views.DetailState{
	"following": {Kind: views.DetailLogs, Object: ref("Pod", "llm", "llama-70b-canary-5d8f-abcde"), Lines: logLines(90),
		Dropped: 812, Wrap: true, Follow: true, At: -1},
	"searched": {Kind: views.DetailLogs, Object: ref("Pod", "llm", "llama-70b-canary-5d8f-abcde"), Lines: logLines(90),
		Top: 10, Previous: true, Ended: true, At: 13, Find: views.Filter{Text: fleet.Text("CUDA"),
			Match: func(s string) bool { return strings.Contains(s, "CUDA") }}},
	"container": {Kind: views.DetailLogs, Object: fleet.ObjectRef{Cluster: "prod-eu-1", Kind: "Pod", Namespace: "llm",
		Name: "llama-70b-6c9f7d5b4-2x4zk", Container: "vllm"}, Lines: logLines(20), Wrap: true, Follow: true, At: -1,
		Of: []fleet.Container{{Name: "fetch", Role: fleet.Text("init"), State: fleet.Text("ended: Completed 0")},
			{Name: "vllm", Role: fleet.Text("serving"), State: fleet.Text("running"), Restarts: 1, Before: true, Chosen: true}}},
	"waiting": {Kind: views.DetailLogs, Object: ref("Pod", "llm", "llama-70b-6c9f7d5b4-2x4zk"), Follow: true, At: -1,
		Busy: fleet.Text("waiting for the first line of the log")},
	"failed": {Kind: views.DetailDescribe, Object: ref("Node", "", "b200-a-07"), At: -1, Ended: true,
		Err: fleet.Text("describe the node: auth: nodes is forbidden: User \"mara\" cannot get resource \"nodes\" in API group \"\" at " +
			"the cluster scope; what the lists show stays, ask for the right to get nodes")},
}

func TestDetailGolden(t *testing.T) {
	for name, u := range details {
		for _, sz := range sizes {
			for _, set := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+strconv.Itoa(sz.W)+"x"+strconv.Itoa(sz.H)+"/"+set, func(t *testing.T) {
					frame := views.Detail(clusterScene(set == "ascii"), u, sz)
					exact(t, frame, sz)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
	}
}

// TestEveryDetailIsExactAndLosesNothing draws random texts at random places: each frame is exact, stays in its rows on a
// terminal, and a wrapped line is there to the last character.
func TestEveryDetailIsExactAndLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sz := views.Size{W: rapid.IntRange(60, 220).Draw(rt, "w"), H: rapid.IntRange(16, 70).Draw(rt, "h")}
		u := views.DetailState{
			Kind: views.DetailLogs, Object: ref("Pod", rapid.String().Draw(rt, "namespace"), rapid.String().Draw(rt, "name")),
			Top: rapid.IntRange(0, 300).Draw(rt, "top"), Column: rapid.IntRange(0, 300).Draw(rt, "column"),
			Wrap: rapid.Bool().Draw(rt, "wrap"), Follow: rapid.Bool().Draw(rt, "follow"), At: rapid.IntRange(-1, 20).Draw(rt, "at"),
		}
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom(viewtest.HostileNames()), rapid.StringMatching(`[a-z ]{0,400}`))
		for range rapid.IntRange(0, 30).Draw(rt, "lines") {
			u.Lines = append(u.Lines, fleet.Label(text.Draw(rt, "line")))
		}
		sc := clusterScene(true)
		exact(rt, views.Detail(sc, u, sz), sz)
		from, to := views.DetailWindow(u, sz)
		if from < 0 || to > len(u.Lines) || from > to || len(u.Lines) > 0 && from == to {
			rt.Fatalf("window %d-%d of %d", from, to, len(u.Lines))
		}
		if u.Top = views.DetailEnd(u, sz); len(u.Lines) > 0 {
			u.Follow = false
			if _, to := views.DetailWindow(u, sz); to != len(u.Lines) {
				rt.Fatalf("at the end the window ends at %d of %d", to, len(u.Lines))
			}
		}
	})
}

func TestAWrappedLineIsWhole(t *testing.T) {
	u := views.DetailState{Kind: views.DetailLogs, Wrap: true, At: -1, Lines: []fleet.Safe{fleet.Label(strings.Repeat("0123456789", 30))}}
	frame := views.Detail(scene(true, themes.Mono), u, sizes[0])
	if n := strings.Count(strings.ReplaceAll(plain(frame), "\n  ", ""), "0123456789"); n != 30 {
		t.Errorf("%d of 30 parts are shown:\n%s", n, plain(frame))
	}
}
