package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// model answers golden prompts: sources that begin with n are of the new version, with o of the old one.
type model struct {
	mu    sync.Mutex
	says  func(source string, p *fleet.GoldenPrompt) (string, error)
	asked []string
}

type asker struct {
	m      *model
	source string
}

func (a asker) Ask(_ context.Context, name fleet.ModelName, p *fleet.GoldenPrompt) (fleet.GoldenAnswer, error) {
	a.m.mu.Lock()
	defer a.m.mu.Unlock()
	a.m.asked = append(a.m.asked, a.source+" "+p.Name)
	if name != "llama-70b" {
		return fleet.GoldenAnswer{Refused: 404}, &fleet.Error{Kind: fleet.KindNotFound, Op: "ask", Err: errors.New("no model " + string(name))}
	}
	text, err := a.m.says(a.source, p)
	out := fleet.GoldenAnswer{Text: fleet.NewUnsaid(text)}
	if fleet.KindOf(err) == fleet.KindInvalid {
		out.Refused = 400
	}
	return out, err
}

func (m *model) count(source string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range m.asked {
		if strings.HasPrefix(x, source) {
			n++
		}
	}
	return n
}

func right(string, *fleet.GoldenPrompt) (string, error) { return `{"total":14}`, nil }

var questions = []fleet.GoldenPrompt{goldenPrompt("json-total"), goldenPrompt("again")}

func goldenPrompt(name string) fleet.GoldenPrompt {
	return fleet.GoldenPrompt{Name: name, Messages: []fleet.GoldenMessage{{Role: "user", Text: fleet.NewUnsaid("PRIVATE QUESTION")}}, Repeat: 1, Pass: 1,
		Expect: fleet.GoldenExpect{JSON: &fleet.GoldenJSON{Values: []fleet.GoldenValue{{Path: "/total", Value: fleet.JSON("14")}}}}}
}

// poolOfPods is a pool that reads each pod of the cluster, old and new.
func poolOfPods() fleet.Pool {
	p := fleet.Pool{Spec: fleet.PoolSpec{ID: "llama", Model: "llama-70b", Workload: object}}
	for i := range replicas {
		for _, v := range []string{"n", "o"} {
			name := fmt.Sprintf("%s%d", v, i)
			p.Spec.Replicas = append(p.Spec.Replicas, fleet.ReplicaSpec{ID: fleet.ReplicaID(name),
				Pod: fleet.ObjectRef{Cluster: "east", Kind: "Pod", Namespace: "llm", Name: name}})
			p.Replicas = append(p.Replicas, fleet.Replica{ID: fleet.ReplicaID(name), Source: fleet.SourceID(name)})
		}
	}
	return p
}

// goldenRig is a runner whose new replicas are asked.
func goldenRig(t *testing.T, says func(string, *fleet.GoldenPrompt) (string, error)) (*rig, *cluster, *model) {
	t.Helper()
	g := newRig(t)
	c, m := newCluster(g.clock), &model{says: says}
	g.armGolden(c, m, questions, nil)
	return g, c, m
}

func (g *rig) armGolden(c *cluster, m *model, prompts []fleet.GoldenPrompt, probe func(string)) {
	g.fresh(func(o *Options, _ *journal.Options) {
		o.Works = func(id fleet.ClusterID) (fleet.Roller, fleet.ObjectWriter, bool) { return c, c, id == "east" }
		o.Probe = probe
		o.Latest = g.goldenSnapshot
		o.Golden = &Golden{Prompts: prompts, Ask: func(id fleet.SourceID) (fleet.Asker, error) { return asker{m, string(id)}, nil }}
	})
}

func (g *rig) goldenSnapshot() *fleet.Snapshot {
	s := g.snapshot()
	s.Pools = []fleet.Pool{poolOfPods()}
	return s
}

func (g *rig) goldenPlan(kind actions.Kind, d fleet.Draft) actions.Plan {
	g.t.Helper()
	in := actions.Intent{Kind: kind, Soak: 20 * time.Second, Work: &actions.WorkIntent{Object: object, Hold: 20 * time.Second, ByReadiness: true}}
	was := fleet.Rollout{Object: object, Desired: replicas, Phase: fleet.RolloutDone, UpdatedPods: []string{"o0"}}
	if kind != actions.KindUpgrade {
		was.OldPods = []string{"o1"}
	}
	s := &fleet.Snapshot{Env: fleet.EnvDev, Mode: fleet.ModeLive, At: g.clock.Now(), Pools: []fleet.Pool{poolOfPods()}}
	p, err := plan.Facts{Golden: questions}.Work(in, was, d, nil, s, g.clock.Now())
	if err != nil {
		g.t.Fatal(err)
	}
	return p
}

func (g *rig) startGolden() fleet.ChangeID {
	g.t.Helper()
	id, err := g.r.Start(g.goldenPlan(actions.KindUpgrade, canaryDraft()), actions.Approval{})
	if err != nil {
		g.t.Fatal(err)
	}
	return id
}

// written is all that journal and audit hold.
func (g *rig) onDisk() string {
	g.t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(g.state, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		b.Write(body)
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return b.String()
}

func TestNewReplicasAreAskedAndGoOn(t *testing.T) {
	g, c, m := goldenRig(t, right)
	id := g.startGolden()
	end := g.until(id, in(actions.StateCommitted))
	if image, _ := c.now("/image"); image != `"v2"` {
		t.Error(image)
	}
	if m.count("n") != replicas*len(questions) || m.count("o") != 0 || len(end.Golden) != replicas {
		t.Errorf("asked %q, told %+v", m.asked, end.Golden)
	}
	for _, one := range end.Golden {
		if one.Verdict != verdictPass || one.Passed != 2 || one.Prompts != 2 || !one.Why.IsEmpty() {
			t.Errorf("%+v", one)
		}
	}
	g.sound()
}

func TestAWrongAnswerTakesTheChangeBack(t *testing.T) {
	g, c, m := goldenRig(t, func(source string, p *fleet.GoldenPrompt) (string, error) {
		if strings.HasPrefix(source, "n") && p.Name == "json-total" {
			return `{"total":12,"words":"PRIVATE ANSWER"}`, nil
		}
		return right(source, p)
	})
	id := g.startGolden()
	g.until(id, in(actions.StateRollingBack))
	end := g.until(id, in(actions.StateRolledBack))
	if image, _ := c.now("/image"); image != `"v1"` {
		t.Error(image)
	}
	if m.count("n") != 2 || m.count("o") != 1 || end.Step != 1 {
		t.Errorf("asked %q, step %d", m.asked, end.Step)
	}
	want := "golden 1 of 2 on n0: json-total FAIL (value at /total is 12, asked 14)"
	if len(end.Golden) != 1 || end.Golden[0].Text().String() != want {
		t.Errorf("%+v", end.Golden)
	}
	text := g.onDisk()
	if !strings.Contains(text, "rolling back: the new version answers wrongly: "+want) || !strings.Contains(text, `"kind":"golden"`) {
		t.Error("the journal does not say why")
	}
	if strings.Contains(text, "PRIVATE") {
		t.Error("words of a prompt or an answer are on the disk")
	}
	g.sound()
}

// What the old version gets wrong as well is the prompt's fault: nothing is taken back, and nothing promotes itself.
func TestABadPromptWaitsForAPerson(t *testing.T) {
	g, c, m := goldenRig(t, func(_ string, p *fleet.GoldenPrompt) (string, error) {
		if p.Name == "again" {
			return `{"total":1}`, nil
		}
		return `{"total":14}`, nil
	})
	id := g.startGolden()
	held := g.until(id, in(actions.StateHeld))
	if !strings.Contains(held.Why.String(), "stage 1, unclear: golden 1 of 2 on n0: again UNCLEAR (the old version does not answer it as asked either: the prompt is bad)") {
		t.Error(held.Why)
	}
	g.pass(10 * time.Minute)
	if ch := g.change(id); ch.Step != 1 || ch.State != actions.StateHeld || m.count("n") != 2 {
		t.Errorf("step %d, %s, asked %q", ch.Step, ch.State, m.asked)
	}
	for range 2 { // each stage is for a person to accept
		if err := g.r.NextNow(id); err != nil {
			t.Fatal(err)
		}
		g.pass(30 * time.Second)
		g.until(id, func(ch actions.Change) bool {
			return ch.State == actions.StateHeld || ch.State.Closed() || ch.State == actions.StateSoaking
		})
	}
	g.until(id, in(actions.StateCommitted))
	if image, _ := c.now("/image"); image != `"v2"` {
		t.Error(image)
	}
	g.sound()
}

// Who does not answer shows nothing: it is asked again, and the change waits.
func TestWhoDoesNotAnswerIsAskedAgain(t *testing.T) {
	down := &fleet.Error{Kind: fleet.KindTimeout, Op: "ask", Err: errors.New("no answer within the deadline")}
	var mu sync.Mutex
	answers := false
	g, _, m := goldenRig(t, func(source string, p *fleet.GoldenPrompt) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if !answers {
			return "", down
		}
		return right(source, p)
	})
	id := g.startGolden()
	held := g.until(id, in(actions.StateHeld))
	if !strings.Contains(held.Why.String(), "no answer: ask: timeout: no answer within the deadline") || m.count("o") != 0 {
		t.Errorf("%s; %q", held.Why, m.asked)
	}
	tried := m.count("n")
	if again := g.until(id, func(actions.Change) bool { return m.count("n") > tried }); again.State != actions.StateHeld {
		t.Errorf("%s: %s", again.State, again.Why)
	}
	mu.Lock()
	answers = true
	mu.Unlock()
	g.until(id, in(actions.StateCommitted))
	g.sound()
}

func TestARefusalThatTheOldVersionDoesNotMakeIsAFailure(t *testing.T) {
	g, c, _ := goldenRig(t, func(source string, p *fleet.GoldenPrompt) (string, error) {
		if strings.HasPrefix(source, "n") {
			return "", &fleet.Error{Kind: fleet.KindInvalid, Op: "ask", Err: errors.New("it answered 400")}
		}
		return right(source, p)
	})
	id := g.startGolden()
	g.until(id, in(actions.StateRolledBack))
	if image, _ := c.now("/image"); image != `"v1"` {
		t.Error(image)
	}
	if text := g.onDisk(); !strings.Contains(text, "it answered 400; the old version answers it as asked") {
		t.Error("the journal does not say why")
	}
	g.sound()
}

// A configuration that changed since the plan, or on another machine, is not taken for the one that was confirmed.
func TestOtherPromptsThanPlannedAreUnclear(t *testing.T) {
	g, c, m := goldenRig(t, right)
	other := questions[1]
	other.MaxTokens = 9
	g.armGolden(c, m, []fleet.GoldenPrompt{questions[0], other}, nil)
	id := g.startGolden()
	held := g.until(id, in(actions.StateHeld))
	if !strings.Contains(held.Why.String(), "golden prompt again is not configured here as it was when this was planned") || len(m.asked) != 0 {
		t.Errorf("%s; %q", held.Why, m.asked)
	}
}

// A roll that another hand began is proven before it gets more weight; nothing is written for one that answers wrongly.
func TestAPromotionIsProvenBeforeItIsWritten(t *testing.T) {
	for name, wrong := range map[string]bool{"right": false, "wrong": true} {
		g, c, m := goldenRig(t, func(source string, p *fleet.GoldenPrompt) (string, error) {
			if wrong && strings.HasPrefix(source, "n") {
				return `{"total":12}`, nil
			}
			return right(source, p)
		})
		c.updated, c.ready = 1, 1
		c.fields["/paused"], c.fields["/step"], c.fields["/waits"] = "true", "1", `"since noon"`
		id, err := g.r.Start(g.goldenPlan(actions.KindPromote, promoteDraft()), actions.Approval{})
		if err != nil {
			t.Fatal(err)
		}
		end := g.until(id, func(ch actions.Change) bool { return ch.State.Closed() })
		_, writes := c.now("/step")
		if wrong != (len(writes) == 0) || wrong != (end.State == actions.StateAborted) || m.count("n0") != 2 {
			t.Errorf("%s: %s %s, written %q, asked %q", name, end.State, end.Why, writes, m.asked)
		}
		if wrong && !strings.Contains(end.Why.String(), "json-total FAIL (value at /total is 12, asked 14); again FAIL (value at /total is 12, asked 14). Nothing was written") {
			t.Error(end.Why)
		}
		g.sound()
	}
}

// lockedKiller is a killer for changes that are woken by others than the clock.
type lockedKiller struct {
	mu sync.Mutex
	killer
}

func (k *lockedKiller) probe(at string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.killer.probe(at)
}

func (k *lockedKiller) dead() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.killer.dead()
}

func (k *lockedKiller) points() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.n
}

// tellGolden lets a change run to its end, or to its death. Answers come beside the clock, so that it may take long.
func (g *rig) tellGolden(p actions.Plan, dead func() bool) {
	done := make(chan struct{})
	go func() { // a kill inside Start ends this goroutine
		defer close(done)
		if _, err := g.r.Start(p, actions.Approval{}); err != nil {
			g.t.Error(err)
		}
	}()
	<-done
	for range 5000 {
		g.still()
		if book := g.r.Book(); dead() || len(book.Open()) == 0 {
			return
		}
		g.pass(2 * time.Second)
	}
	g.t.Error("the story has no end")
}

// Killed at each point and resumed, a change asks again what no living process has heard, and ends the same.
func TestGoldenPromptsSurviveACrash(t *testing.T) {
	wrong := func(source string, p *fleet.GoldenPrompt) (string, error) {
		if strings.HasPrefix(source, "n") {
			return `{"total":12}`, nil
		}
		return right(source, p)
	}
	for name, says := range map[string]func(string, *fleet.GoldenPrompt) (string, error){"right": right, "wrong": wrong} {
		count := &lockedKiller{}
		g, c, m := goldenRig(t, says)
		g.armGolden(c, m, questions, count.probe)
		g.tellGolden(g.goldenPlan(actions.KindUpgrade, canaryDraft()), count.dead)
		points := count.points()
		for at := 1; at <= points; at++ {
			g, c, m := goldenRig(t, says)
			k := &lockedKiller{killer: killer{at: at}}
			g.armGolden(c, m, questions, k.probe)
			g.tellGolden(g.goldenPlan(actions.KindUpgrade, canaryDraft()), k.dead)
			g.armGolden(c, m, questions, nil)
			book := g.r.Book()
			if open := book.Open(); len(open) > 0 {
				if err := g.r.Resume(open[0].ID); err != nil {
					t.Fatalf("%s, point %d: %v", name, at, err)
				}
				g.until(open[0].ID, func(ch actions.Change) bool { return ch.State.Closed() })
			}
			image, writes := c.now("/image")
			want := map[string]string{"right": `"v2"`, "wrong": `"v1"`}[name]
			if began := len(writes) > 0; began && image != want || strings.Contains(g.onDisk(), "PRIVATE") {
				t.Errorf("%s, point %d: %s after %q", name, at, image, writes)
			}
			g.sound()
		}
	}
}

// withoutTraffic is an upgrade whose new replicas are there before they get any weight.
func withoutTraffic() fleet.Draft {
	return fleet.Draft{Stages: []fleet.Stage{
		{Text: fleet.Text("0 %"), Writes: []fleet.ObjectWrite{setting(field("/image", `"v1"`, `"v2"`), field("/weight", "", "0"))},
			Until: fleet.Until{Updated: 1, Ready: 1}},
		{Text: fleet.Text("10 %"), Writes: []fleet.ObjectWrite{setting(field("/weight", "0", "10"))}, Until: fleet.Until{Updated: 1, Ready: 1}, Canary: true},
		{Text: fleet.Text("all"), Writes: []fleet.ObjectWrite{setting(field("/weight", "10", ""))}, Until: fleet.Until{Done: true}},
	}}
}

func TestNoWeightBeforeTheAnswersAreRight(t *testing.T) {
	g, c, m := goldenRig(t, func(source string, p *fleet.GoldenPrompt) (string, error) {
		if strings.HasPrefix(source, "n") {
			return "sorry", nil
		}
		return right(source, p)
	})
	id, err := g.r.Start(g.goldenPlan(actions.KindUpgrade, withoutTraffic()), actions.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	end := g.until(id, in(actions.StateRolledBack))
	if _, writes := c.now("/weight"); strings.Contains(fmt.Sprint(writes), "/weight=10") || end.Step != 1 || m.count("n") != 2 {
		t.Errorf("step %d, written %q, asked %q", end.Step, writes, m.asked)
	}
	g.sound()
}

// A replica that nothing reads shows nothing: the change waits and says how many there are.
func TestReplicasThatAreNotReadAreUnclear(t *testing.T) {
	g, c, m := goldenRig(t, right)
	g.fresh(func(o *Options, _ *journal.Options) {
		o.Works = func(id fleet.ClusterID) (fleet.Roller, fleet.ObjectWriter, bool) { return c, c, id == "east" }
		o.Golden = &Golden{Prompts: questions, Ask: func(id fleet.SourceID) (fleet.Asker, error) { return asker{m, string(id)}, nil }}
	})
	id := g.startGolden()
	held := g.until(id, in(actions.StateHeld))
	if !strings.Contains(held.Why.String(), "stage 1, unclear: 0 of 1 new replicas are read and can be asked golden prompts") || len(m.asked) != 0 {
		t.Errorf("%s; %q", held.Why, m.asked)
	}
	if err := g.r.RollBack(id); err != nil {
		t.Fatal(err)
	}
	g.until(id, in(actions.StateRolledBack))
	g.sound()
}

// A person who takes the change back while a slow replica is asked does not wait for its answer.
func TestAWishEndsTheQuestions(t *testing.T) {
	g, c, _ := goldenRig(t, right)
	asked, ended := make(chan struct{}), make(chan struct{})
	g.fresh(func(o *Options, _ *journal.Options) {
		o.Works = func(id fleet.ClusterID) (fleet.Roller, fleet.ObjectWriter, bool) { return c, c, id == "east" }
		o.Latest = g.goldenSnapshot
		o.Golden = &Golden{Prompts: questions, Ask: func(fleet.SourceID) (fleet.Asker, error) { return &patient{asked: asked, ended: ended}, nil }}
	})
	id := g.startGolden()
	g.until(id, func(ch actions.Change) bool {
		return ch.Step == 1 && len(ch.Steps) == 1 && !ch.Steps[0].Verified.IsZero()
	})
	<-asked
	if err := g.r.RollBack(id); err != nil {
		t.Fatal(err)
	}
	<-ended
	if end := g.until(id, in(actions.StateRolledBack)); len(end.Golden) != 0 {
		t.Errorf("%+v", end.Golden)
	}
	g.sound()
}

// patient waits for its context alone.
type patient struct{ asked, ended chan struct{} }

func (p *patient) Ask(ctx context.Context, _ fleet.ModelName, _ *fleet.GoldenPrompt) (fleet.GoldenAnswer, error) {
	close(p.asked)
	<-ctx.Done()
	close(p.ended)
	return fleet.GoldenAnswer{}, ctx.Err()
}
