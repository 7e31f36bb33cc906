package tui

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"pitwall/fleet"
	"pitwall/tui/tuitest"
	"pitwall/views"
)

func wantAsked(t *testing.T, d *tuitest.Details, want ...string) {
	t.Helper()
	if got := d.Calls(); !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

func TestLogsDescribeAndRawOfAPod(t *testing.T) {
	r, d := clusterRig(t)
	r.command("pod qwen-embed-845c-m4x9t")
	r.keys("l")
	r.wants("LOG of Pod llm/qwen-embed-845c-m4x9t", "ERROR out of memory", "the log has ended")
	r.keys("p")
	r.wants("BEFORE THE LAST RESTART")
	r.keys("d")
	r.wants("DESCRIBE Pod llm/qwen-embed-845c-m4x9t", "Name: the object")
	r.keys("f")
	r.wantNotice("only a log goes on")
	r.keys("y")
	r.wants("RAW Pod")
	wantAsked(t, d, "logs prod-eu-1 Pod llm/qwen-embed-845c-m4x9t follow", "logs prod-eu-1 Pod llm/qwen-embed-845c-m4x9t previous",
		"describe prod-eu-1 Pod llm/qwen-embed-845c-m4x9t", "raw prod-eu-1 Pod llm/qwen-embed-845c-m4x9t")
	r.keys("esc")
	r.at(place{screen: views.ScreenPods, object: object("Pod", "llm", "qwen-embed-845c-m4x9t")})
	if r.m.text != nil {
		t.Error("esc does not leave")
	}
}

func TestTextOfWhatTheCursorStandsOn(t *testing.T) {
	for name, c := range map[string]struct {
		keys []string
		want string
	}{
		"node":                    {[]string{"3", "tab", "j", "d"}, "describe prod-eu-1 Node /b200-a-07"},
		"workload":                {[]string{"3", "tab", "tab", "tab", "y"}, "raw prod-eu-1 Deployment llm/llama-70b"},
		"worst pod of a workload": {[]string{"3", "tab", "tab", "tab", "l"}, "logs prod-eu-1 Pod llm/llama-70b-6c9f7d5b4-7hq2m follow"},
		"pod of a replica":        {[]string{"3", "enter", "l"}, "logs prod-eu-1 Pod llm/llama-70b-6c9f7d5b4-7hq2m follow"},
		"replica by its address":  {[]string{"3", "enter", "j", "d"}, "describe prod-eu-1 Pod llm/llama-70b-6c9f7d5b4-2x4zk"},
		"machine of a GPU":        {[]string{"3", "enter", "tab", "d"}, "describe prod-eu-1 Node /b200-a-07"},
		"object of an event":      {[]string{"3", "shift+tab", "shift+tab", "l"}, "logs prod-eu-1 Pod llm/llama-70b-6c9f7d5b4-pp8vd follow"},
		"by the list of actions":  {[]string{"3", "tab", "j", "x", "down", "down", "enter"}, "describe prod-eu-1 Node /b200-a-07"},
	} {
		r, d := clusterRig(t)
		r.keys(c.keys...)
		if got := d.Calls(); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: asked %q, want %q\n%s", name, got, c.want, r.frame())
		}
	}
}

func TestKeysForTextSayWhyTheyAreOff(t *testing.T) {
	r, d := clusterRig(t)
	r.keys("l")
	r.wantNotice("no workload of a cluster is known")
	r.keys("a", "l")
	r.wantNotice("no object of a cluster")
	r.keys("3", "tab", "l")
	r.wantNotice("a node has no log here")
	r.command("pool h100-b")
	r.keys("l")
	r.wantNotice("no pod of a watched cluster has the name, the address")
	r.keys("d")
	r.at(place{screen: views.ScreenSources, source: r.m.place().source})
	wantAsked(t, d)
	bare := newRig(t, clustered(), writable())
	bare.keys("3", "tab", "y")
	bare.wantNotice("no cluster can be asked")
	bare.keys("d")
	bare.at(place{screen: views.ScreenNodes, object: object("Node", "", "h100-b-03.fra-2.example.net")})
}

func TestLateAnswersAreDroppedAndCounted(t *testing.T) {
	r, d := clusterRig(t)
	r.command("nodes")
	r.hold = true
	r.keys("d")
	r.keys("y")
	d.Text = []fleet.Safe{fleet.Text("kind: Node")}
	r.wants("asking prod-eu-1")
	r.release()
	if r.m.late != 1 || r.m.text == nil || r.m.text.state.Kind != views.DetailRaw {
		t.Fatalf("late %d, text %+v", r.m.late, r.m.text)
	}
	r.wants("RAW Node", "kind: Node")
	r.hold = true
	r.keys("d", "esc")
	r.release()
	if r.m.late != 2 || r.m.text != nil {
		t.Errorf("late %d, text %+v after esc", r.m.late, r.m.text)
	}
	r.command("pods")
	r.hold = true
	r.keys("l", "esc")
	r.release()
	if r.m.late != 3 || r.m.text != nil {
		t.Errorf("late %d, text %+v after a log", r.m.late, r.m.text)
	}
}

func TestAFailureIsASentence(t *testing.T) {
	r, d := clusterRig(t)
	d.Err = &fleet.Error{Kind: fleet.KindAuth, Op: "describe the node", Next: "ask for the right to get nodes"}
	r.keys("3", "tab", "d")
	r.wants("describe the node: auth; ask for the right to get nodes", "r tries again")
	d.Err = nil
	r.keys("r")
	r.wants("Name: the object")
	d.LogErr = &fleet.Error{Kind: fleet.KindUnreachable, Op: "read the log", Next: "what is shown stays"}
	r.command("pods")
	r.keys("l")
	r.wants("ERROR out of memory", "read the log: unreachable; what is shown stays")
}

func TestALogIsFollowedUntilItIsLeft(t *testing.T) {
	d := &tuitest.Details{Log: []fleet.Safe{fleet.Text("first line")}, Live: make(chan fleet.Safe), Over: make(chan struct{}, 1)}
	s := start(t, 80, 24, func(o *Options) { o.Details = d })
	s.feed.Put(clustered())
	s.wants(t, "prod-eu-1")
	s.press(t, "3")
	s.wants(t, "tab nodes")
	s.press(t, "\t")
	s.wants(t, "NODES 5")
	s.press(t, "\t")
	s.wants(t, "PODS 11")
	s.press(t, "l")
	s.wants(t, "first line", "FOLLOWING")
	d.Live <- fleet.Text("a line that came later")
	s.wants(t, "a line that came later")
	s.press(t, "k")
	s.wants(t, "NOT FOLLOWING")
	s.press(t, "q")
	<-d.Over // only the end of its context ends this log
	s.wants(t, "PODS 11")
}

func TestTheEndOfTheConsoleEndsALog(t *testing.T) {
	d := &tuitest.Details{Live: make(chan fleet.Safe), Over: make(chan struct{}, 1)}
	s := start(t, 80, 24, func(o *Options) { o.Details = d })
	s.feed.Put(clustered())
	s.wants(t, "prod-eu-1")
	s.press(t, ":")
	s.wants(t, "enter runs")
	for _, c := range "pods" {
		s.press(t, string(c))
		s.wants(t, ":")
	}
	s.wants(t, ":pods")
	s.press(t, "\r")
	s.wants(t, "PODS 11")
	s.press(t, "l")
	s.wants(t, "waiting for the first line")
	s.press(t, "\x03")
	<-s.done
	<-d.Over
}

func TestAReaderThatBreaksEndsTheLog(t *testing.T) {
	r, _ := clusterRig(t)
	r.m.details = breaking{&tuitest.Details{}}
	r.command("pods")
	r.keys("l")
	r.wants("read the log: internal")
	r.wantNotice("Internal fault in log")
}

// breaking breaks while it reads a log.
type breaking struct{ Details }

func (breaking) Logs(context.Context, fleet.ObjectRef, fleet.LogOptions, func(fleet.Safe)) error {
	panic("no such thing")
}

// podOfThree has an engine that was restarted beside a sidecar, after an init container.
func podOfThree() []fleet.Container {
	return []fleet.Container{
		{Name: "fetch", Role: fleet.Text("init"), State: fleet.Text("ended: Completed 0")},
		{Name: "vllm", Role: fleet.Text("serving"), State: fleet.Text("running"), Restarts: 4, Before: true, Chosen: true},
		{Name: "mesh", Role: fleet.Text("beside"), State: fleet.Text("running")},
	}
}

func TestTheContainersOfAPodAreSteppedThrough(t *testing.T) {
	r, d := clusterRig(t)
	d.Has = podOfThree()
	r.command("pod qwen-embed-845c-m4x9t")
	r.keys("l")
	r.wants("LOG of vllm in Pod llm/qwen", "2 of 3 serving, running, 4 restarts", "c container", "p before restart")
	r.keys("p")
	r.wants("LOG BEFORE THE LAST RESTART of vllm in Pod")
	r.keys("c")
	r.wants("LOG of mesh in Pod llm/qwen", "3 of 3 beside, running")
	r.keys("p")
	r.wantNotice("mesh has not ended before")
	r.keys("tab")
	r.wants("LOG of fetch in Pod", "1 of 3 init, ended: Completed 0")
	r.keys("shift+tab")
	r.wants("LOG of mesh in Pod")
	r.keys("r")
	r.wants("LOG of mesh in Pod")
	d.Has = d.Has[:2]
	r.keys("r")
	r.wants("LOG of vllm in Pod", "2 of 2 serving")
	const pod = "logs prod-eu-1 Pod llm/qwen-embed-845c-m4x9t of "
	wantAsked(t, d, pod+"vllm follow", pod+"vllm previous", pod+"mesh follow", pod+"fetch follow", pod+"mesh follow", pod+"mesh follow",
		pod+"vllm follow")
	r.keys("d", "c")
	r.wants("DESCRIBE Pod llm/qwen")
	r.wantNotice("only a log is of one container")
}

func TestAPodOfOneContainerHasNoneToStepTo(t *testing.T) {
	r, d := clusterRig(t)
	d.Has = podOfThree()[1:2]
	r.command("pods")
	r.keys("l")
	r.wants("LOG of vllm in Pod", "serving, running")
	if strings.Contains(r.frame(), "c container") {
		t.Error("the footer offers another container")
	}
	r.keys("c")
	r.wantNotice("the pod has one container")
}

func TestContainersThatCannotBeListed(t *testing.T) {
	r, d := clusterRig(t)
	d.HasErr = &fleet.Error{Kind: fleet.KindNotFound, Op: "read Pod x", Next: "it is gone"}
	r.command("pods")
	r.keys("l")
	r.wants("read Pod x: not_found; it is gone", "r tries again")
	wantAsked(t, d)
	r.keys("c")
	r.wantNotice("is not known")
	d.HasErr = nil
	r.keys("r")
	r.wants("ERROR out of memory")
	r.hold = true
	r.keys("r", "esc")
	r.release()
	if r.m.late != 1 || r.m.text != nil {
		t.Errorf("late %d, text %+v", r.m.late, r.m.text)
	}
}

func TestStreamIsBounded(t *testing.T) {
	s := newStream()
	const n = 3 * pendingLines
	for i := range n {
		s.put(fleet.Int(i))
	}
	b := s.take(t.Context())
	if len(b.lines) > 2*pendingLines || b.dropped+len(b.lines) != n || b.lines[len(b.lines)-1] != fleet.Int(n-1) {
		t.Errorf("%d lines and %d dropped of %d, the last is %s", len(b.lines), b.dropped, n, b.lines[len(b.lines)-1])
	}
	s.end(nil)
	if b := s.take(t.Context()); !b.ended || len(b.lines) != 0 {
		t.Errorf("the end is %+v", b)
	}
}

func TestTextIsBoundedAndSaysWhatIsLost(t *testing.T) {
	r, d := clusterRig(t)
	r.command("pods")
	r.keys("l")
	d.Log = nil
	for i := range keepLines + 5 { // two lines are there already
		d.Log = append(d.Log, fleet.Concat(fleet.Text("line "), fleet.Int(i)))
	}
	r.m.text.add(d.Log, 0)
	if s := &r.m.text.state; len(s.Lines) != keepLines || s.Dropped != 7 {
		t.Fatalf("%d lines are kept, %d are lost", len(s.Lines), s.Dropped)
	}
	r.m.rev++
	r.wants("7 older lines are not kept", "line "+strconv.Itoa(keepLines+4))
	d.Text = d.Log
	r.keys("d")
	if n := len(r.m.text.state.Lines); n != keepLines {
		t.Errorf("%d lines of a description are kept", n)
	}
	r.wants("5 more lines are not shown")
}

func TestWhatIsReadStandsStillWhileALogGrows(t *testing.T) {
	r, d := clusterRig(t)
	d.Log = nil
	for i := range 100 {
		d.Log = append(d.Log, fleet.Concat(fleet.Text("line "), fleet.Int(i), fleet.Text(";")))
	}
	r.command("pods")
	r.keys("l")
	r.wants("line 99;")
	r.keys("g")
	r.wants("line 0;", "1-20 of 100")
	r.m.text.add([]fleet.Safe{fleet.Text("new")}, 0)
	r.m.rev++
	r.wants("line 0;", "1-20 of 101")
	r.keys("pgdown", "k")
	r.wants("line 17;")
	r.keys("G")
	r.wants("new")
	if !r.m.text.state.Follow {
		t.Error("G does not follow")
	}
	r.keys("f", "f")
	r.send(tea.WindowSizeMsg{Width: 100, Height: 30})
	r.wants("new", "line 75;")
	r.keys("g")
	r.send(tea.WindowSizeMsg{Width: 60, Height: 16})
	r.wants("line 0;", "1-12 of 101")
}

func TestSearchInText(t *testing.T) {
	r, d := clusterRig(t)
	d.Log = nil
	for i := range 100 {
		d.Log = append(d.Log, fleet.Concat(fleet.Text("line "), fleet.Int(i), fleet.Text(";")))
	}
	r.command("pods")
	r.keys("l", "n")
	r.wantNotice("nothing is searched for")
	r.keys("g", "/")
	r.typed("line .5;")
	r.keys("enter")
	r.wants("> line 15;", "search /line .5;")
	r.keys("n")
	r.wants("> line 25;")
	r.keys("N", "N")
	r.wants("> line 95;")
	r.keys("/")
	r.typed("nothing like it")
	r.keys("esc") // clears, as with filters
	r.keys("n")
	r.wantNotice("nothing is searched for")
	r.keys("/")
	r.typed("line .5;")
	r.keys("enter", "esc")
	if r.m.text == nil || r.m.text.state.Find.Match != nil {
		t.Fatal("esc does not end the search first")
	}
	r.keys("/")
	r.typed("nothing like it")
	r.keys("enter", "n")
	r.wantNotice("no line matches")
}

func TestLongLinesAreWrappedOrCut(t *testing.T) {
	r, d := clusterRig(t)
	d.Log = []fleet.Safe{fleet.Label(strings.Repeat("0123456789", 12) + "THE END")}
	r.command("pods")
	r.keys("l")
	r.wants("THE END", "wrapped")
	r.keys("right")
	r.wantNotice("long lines are wrapped")
	r.keys("z")
	if strings.Contains(r.frame(), "THE END") {
		t.Errorf("a cut line shows its end:\n%s", r.frame())
	}
	r.keys("right", "right", "right", "right")
	r.wants("THE END")
}

func TestTextIsWrittenUnderAHarmlessName(t *testing.T) {
	r, _ := clusterRig(t)
	s := clustered()
	s.Gen++
	s.Clusters[0].Pods[0].Name, s.Clusters[0].Pods[0].State = "../../etc/passwd\x1b[2J", fleet.StateDown
	r.send(snapshotMsg{snap: s})
	r.command("pods")
	r.keys("l", "w")
	for name, text := range r.saved {
		if strings.ContainsAny(name, "/\\\x1b") || !strings.HasPrefix(name, "pitwall-logs-______etc_passwd") {
			t.Errorf("written to %q", name)
		}
		if !strings.Contains(text, "ERROR out of memory\n") || strings.Contains(text, "\x1b") {
			t.Errorf("written %q", text)
		}
	}
	if len(r.saved) != 1 {
		t.Errorf("%d files", len(r.saved))
	}
}

func TestAnyKeysOverClustersKeepTheConsoleSane(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r, _ := clusterRig(t)
		for range walkKeys {
			if rapid.IntRange(0, 9).Draw(rt, "event") == 0 {
				s := clustered()
				s.Gen = r.m.latest.Gen + 1
				c := s.Clusters[0]
				c.Pods = c.Pods[:rapid.IntRange(0, len(c.Pods)).Draw(rt, "pods")]
				s.Clusters = s.Clusters[:rapid.IntRange(0, 2).Draw(rt, "clusters")]
				r.send(snapshotMsg{snap: s})
			}
			var here []string
			for _, b := range r.m.keys.list {
				if b.Scope == r.m.scope() {
					here = append(here, b.Keys...)
				}
			}
			if rapid.Bool().Draw(rt, "deeper") {
				here = []string{"3", "tab", "enter", "j", "l", "d", "y"}
			}
			r.keys(rapid.SampledFrom(here).Draw(rt, "key"))
			if n := strings.Count(r.frame(), "\n"); n != 23 {
				rt.Fatalf("a frame of %d lines at %+v", n+1, r.m.place())
			}
		}
	})
}
