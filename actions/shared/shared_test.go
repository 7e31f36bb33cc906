package shared

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/actions/shared/sharedtest"
	"pitwall/fleet"
)

var (
	start  = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	object = fleet.ObjectRef{Cluster: "east", Kind: "Deployment", Namespace: "llm", Name: "llama"}
)

func planOf(fields ...fleet.Field) actions.Plan {
	w := fleet.ObjectWrite{Object: object, Verb: fleet.WriteSet, Fields: fields}
	in := actions.Intent{Kind: actions.KindUpgrade, Actor: actions.Actor{Name: "mara", Verified: true}, Work: &actions.WorkIntent{Object: object}}
	return actions.Plan{Format: 1, Digest: "7f3c91d0", Created: start, Intent: in, Steps: []actions.Step{{N: 1}},
		Work: &actions.WorkPlan{Was: fleet.Rollout{Object: object}, Draft: fleet.Draft{Stages: []fleet.Stage{{Writes: []fleet.ObjectWrite{w}}}}}}
}

func set(path, before, after string) fleet.Field {
	return fleet.Field{Path: path, Before: fleet.JSON(before), After: fleet.JSON(after)}
}

func TestWhatMayNotLeaveItsMachine(t *testing.T) {
	const env = "/spec/template/spec/containers/0/env"
	for _, x := range []struct {
		name  string
		field fleet.Field
		says  string
	}{
		{"an image", set("/spec/template/spec/containers/0/image", `"a"`, `"b"`), ""},
		{"a value", set(env+"/0/value", "", `"s3cret"`), "environment"},
		{"a value that goes", set(env+"/0/value", `"s3cret"`, ""), "environment"},
		{"a variable", set(env+"/-", "", `{"name":"A","value":"s3cret"}`), "environment"},
		{"the variables", set(env, `[{"name":"A","value":"s3cret"}]`, `[]`), "environment"},
		{"the containers", set("/spec/template/spec/containers", "", `[{"name":"vllm","env":[{"name":"A","value":"s3cret"}]}]`), "environment"},
		{"a name alone", set(env+"/0/name", `"A"`, `"B"`), ""},
		{"a reference", set(env, "", `[{"name":"A","valueFrom":{"secretKeyRef":{"name":"hf","key":"token"}}}]`), ""},
		{"an empty value", set(env+"/0/value", "", `""`), ""},
		{"an argument", set("/spec/template/spec/containers/0/args", "", `["--max-model-len","8192"]`), ""},
		{"a key among arguments", set("/spec/template/spec/containers/0/args", `["--api-key","s3cret"]`, ""), "credential"},
		{"a key in one argument", set("/spec/template/spec/containers/0/args/2", "", `"--hf-token=s3cret"`), "credential"},
		{"a value beside its flag", set("/spec/template/spec/containers/0/args/3", `"--api-key"`, `"--api-key"`), "credential"},
		{"data", set("/stringData/token", "", `"s3cret"`), "Secret"},
		{"a configuration of Ray Serve", set("/spec/serveConfigV2", `"applications: [{name: a, args: {model: m, max_tokens: 9}}]"`, ""), ""},
		{"a variable of Ray Serve", set("/spec/serveConfigV2", `"applications: [{name: a, runtime_env: {env_vars: {A: s3cret}}}]"`, ""), "environment"},
		{"a token of Ray Serve", set("/spec/serveConfigV2", "", `"applications: [{name: a, args: {hf_token: s3cret}}]"`), "credential"},
		{"a text of Ray Serve that is none", set("/spec/serveConfigV2", "", `"applications: ["`), "cannot be read"},
		{"a variable of an application", set("/config/runtime_env/env_vars/A", "", `"s3cret"`), "environment"},
		{"no JSON", set("/a", "{", ""), "cannot be read"},
	} {
		p := planOf(set("/spec/replicas", "1", "2"), x.field)
		if got := Private(&p).String(); (got == "") != (x.says == "") || !strings.Contains(got, x.says) {
			t.Errorf("%s: %q", x.name, got)
		}
		p.Work.Draft.Stages[0].Back, p.Work.Draft.Stages[0].Writes = p.Work.Draft.Stages[0].Writes, nil
		if got := Private(&p).String(); (got == "") != (x.says == "") {
			t.Errorf("%s, on the way back: %q", x.name, got)
		}
	}
	flag := planOf()
	flag.Intent.Work.Want.Args = []fleet.ArgEdit{{Flag: "--api-key", Value: "s3cret"}}
	weights := actions.Plan{Intent: actions.Intent{Kind: actions.KindShift}}
	if Private(&flag).IsEmpty() || Private(&weights).IsEmpty() {
		t.Error("a flag with a key, or a change of weights, may leave")
	}
}

// written is a journal of one change with some records.
func written(t *testing.T, p actions.Plan, records ...journal.Record) (fleet.ChangeID, []byte, *journal.Journal) {
	t.Helper()
	j, err := journal.Open(t.TempDir(), journal.Options{Clock: fleet.NewVirtualClock(start), Write: func(f *os.File, b []byte) error { _, err := f.Write(b); return err }})
	if err != nil {
		t.Fatal(err)
	}
	l, o, err := j.Create(journal.Opened{Plan: p}, journal.Record{State: actions.StateLeased, At: start,
		Guard: &actions.Guardian{PID: 7, Host: "bastion-1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := l.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := j.Raw(o.ID)
	if err != nil {
		t.Fatal(err)
	}
	return o.ID, raw, j
}

func TestACopyIsTheJournalWhereItMayBe(t *testing.T) {
	id, raw, _ := written(t, planOf(set("/spec/replicas", "1", "2")), journal.Record{Kind: journal.KindHeld, State: actions.StateHeld, Held: true})
	c, why, err := Pack(id, raw, "mara@bastion-1/7")
	if err != nil || !why.IsEmpty() || !c.Closed.IsZero() || c.Origin != "mara@bastion-1/7" {
		t.Fatalf("%+v, %s, %v", c, why, err)
	}
	if back, err := Journal(c); err != nil || !bytes.Equal(back, raw) {
		t.Errorf("it unpacks to %s, %v", back, err)
	}
	ch, err := Open(c, "east", nil)
	if err != nil || ch.State != actions.StateHeld || !ch.Held || !ch.Copy.Elsewhere || ch.Copy.Summary || ch.Guard.Host != "bastion-1" {
		t.Errorf("%+v, %v", ch, err)
	}
	var s Summary
	if err := json.Unmarshal(c.Summary, &s); err != nil || s.State != actions.StateHeld || s.By.Name != "mara" || s.Object != object {
		t.Errorf("%s, %v", c.Summary, err)
	}
}

func TestACopyThatIsTooLargeIsASummary(t *testing.T) {
	var records []journal.Record
	for i := range 3000 {
		records = append(records, journal.Record{Kind: journal.KindHeld, State: actions.StateHeld,
			Why: fleet.Label(strings.Repeat(string(rune('a'+i%26)), i%97) + start.Add(time.Duration(i*i)).String())})
	}
	id, raw, _ := written(t, planOf(), records...)
	c, why, err := Pack(id, raw, "x")
	if err != nil || c.Journal != nil || !strings.Contains(why.String(), "larger than 64 kB") || len(c.Summary) > fleet.CopyLimit/10 {
		t.Fatalf("%d bytes of journal, %s, %v", len(c.Journal), why, err)
	}
	ch, err := Open(c, "east", nil)
	if err != nil || !ch.Copy.Summary || !strings.Contains(ch.Why.String(), "only bastion-1 can carry it on: its journal is larger") || len(ch.Plan.Steps) != 1 {
		t.Errorf("%+v, %v", ch, err)
	}
}

func TestCopiesThatAreNotTrusted(t *testing.T) {
	id, raw, _ := written(t, planOf(set("/spec/replicas", "1", "2")))
	whole, _, err := Pack(id, raw, "x")
	if err != nil {
		t.Fatal(err)
	}
	bomb, _ := zip(make([]byte, maxUnpacked+1))
	elsewhere := planOf()
	elsewhere.Work.Draft.Stages[0].Writes[0].Object.Cluster = "west"
	other, far, _ := written(t, elsewhere)
	foreign, _, _ := Pack(other, far, "x")
	noPlan := planOf()
	noPlan.Steps = nil
	none, empty, _ := written(t, noPlan)
	bare, _, _ := Pack(none, empty, "x")
	for _, x := range []struct {
		name   string
		copy   fleet.ChangeCopy
		in     fleet.ClusterID
		digest func(actions.Plan) string
		says   string
	}{
		{"no gzip", fleet.ChangeCopy{ID: id, Journal: []byte("x")}, "east", nil, "EOF"},
		{"cut", fleet.ChangeCopy{ID: id, Journal: whole.Journal[:40]}, "east", nil, "EOF"},
		{"a bomb", fleet.ChangeCopy{ID: id, Journal: bomb}, "east", nil, "more than any journal"},
		{"of another change", fleet.ChangeCopy{ID: "c9-ff", Journal: whole.Journal}, "east", nil, "another change"},
		{"of another plan", whole, "east", func(actions.Plan) string { return "z" }, "the digest differs"},
		{"another name of the cluster", whole, "prod-east", nil, "called east there and prod-east here"},
		{"writes to another cluster", foreign, "east", nil, "writes to another cluster"},
		{"without a step", bare, "east", nil, "no plan"},
		{"a summary of another", fleet.ChangeCopy{ID: id, Summary: []byte(`{"id":"c9-ff"}`)}, "east", nil, "something else"},
		{"a summary of many steps", fleet.ChangeCopy{ID: id, Summary: []byte(`{"id":"` + string(id) + `","steps":1000000000}`)}, "east", nil, "something else"},
		{"no summary", fleet.ChangeCopy{ID: id}, "east", nil, "JSON"},
	} {
		if _, err := Open(x.copy, x.in, x.digest); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

// rig is a view of one cluster.
func rig(t *testing.T) (*View, *sharedtest.Cluster, *fleet.VirtualClock) {
	t.Helper()
	c, clock := sharedtest.New(), fleet.NewVirtualClock(start)
	return NewView(Options{Readers: map[fleet.ClusterID]fleet.SharedReader{"east": c}, Clock: clock}), c, clock
}

func merged(v *View, at time.Time, own ...actions.Change) actions.Book {
	b := actions.Book{At: at, Changes: slices.Clone(own)}
	v.Merge(&b, func(fleet.ChangeID) bool { return false }, func(string) bool { return false })
	return b
}

func TestWhoLivesIsToldByOwnClock(t *testing.T) {
	v, c, clock := rig(t)
	id, raw, _ := written(t, planOf(set("/spec/replicas", "1", "2")))
	cp, _, _ := Pack(id, raw, "x")
	if _, err := c.PutCopy(t.Context(), cp); err != nil {
		t.Fatal(err)
	}
	const name = "Deployment llm/llama"
	c.EditLock(name, func(l *fleet.SharedLock) {
		l.Holder, l.Life, l.Renewed = fleet.LockHolder{Token: "t", Host: "bastion-1", PID: 7, Change: id}, fleet.SharedLockLife, start.Add(-time.Hour)
	})
	alive := func(want fleet.Maybe[bool], when string) {
		t.Helper()
		b := merged(v, clock.Now())
		if ch := b.Change(id); ch == nil || ch.Guard.Alive != want {
			t.Errorf("%s: %+v", when, ch)
		}
	}
	if b := merged(v, clock.Now()); b.SharedIn("east").Err.IsEmpty() || len(b.Changes) != 0 {
		t.Errorf("before the first look: %+v", b)
	}
	v.Look(t.Context())
	alive(fleet.None[bool](), "at first sight")
	step := func(d time.Duration) {
		if err := clock.Advance(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		v.Look(context.Background())
	}
	c.EditLock(name, func(*fleet.SharedLock) {})
	step(5 * time.Second)
	alive(fleet.Some(true), "renewed")
	if b := merged(v, clock.Now()); len(b.Locks) != 1 || !b.Locks[0].Expires.Equal(clock.Now().Add(fleet.SharedLockLife)) || b.Locks[0].Route != "Deployment llm/llama of east" {
		t.Errorf("locks %+v", b.Locks)
	}
	step(14 * time.Second)
	alive(fleet.Some(true), "not over yet")
	step(time.Second)
	alive(fleet.Some(false), "not renewed for its life")
	c.SetDown(errors.New("away"))
	step(time.Second)
	alive(fleet.None[bool](), "the cluster is away")
	if b := merged(v, clock.Now()); !strings.Contains(b.SharedIn("east").Err.String(), "away") || len(b.Changes) != 1 {
		t.Errorf("%+v", b)
	}
	c.SetDown(nil)
	c.EditLock(name, func(l *fleet.SharedLock) { l.Holder = fleet.LockHolder{} })
	step(time.Second)
	alive(fleet.Some(false), "given back")
}

// Where both machines know a change, the one counts in whose journal more hands had it.
func TestTheNewestHandCounts(t *testing.T) {
	v, c, clock := rig(t)
	id, raw, j := written(t, planOf(set("/spec/replicas", "1", "2")))
	mine, _ := j.Changes()
	theirs := func(raw []byte) {
		t.Helper()
		cp, _, err := Pack(id, raw, "noah@bastion-2/9")
		if err != nil {
			t.Fatal(err)
		}
		if was, err := c.Copy(t.Context(), id); err == nil {
			cp.Version = was.Version
		}
		if _, err := c.PutCopy(t.Context(), cp); err != nil {
			t.Fatal(err)
		}
		v.Look(t.Context())
	}
	theirs(raw)
	if b := merged(v, clock.Now(), mine...); len(b.Changes) != 1 || b.Changes[0].Copy == nil || b.Changes[0].Copy.Elsewhere {
		t.Errorf("the same journal: %+v", b.Changes)
	}
	l, _, err := j.Continue(id)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []journal.Record{{Kind: journal.KindGuard, State: actions.StateLeased, Guard: &actions.Guardian{PID: 9, Host: "bastion-2"}},
		{Kind: journal.KindClosed, State: actions.StateAborted, At: start.Add(time.Minute)}} {
		if err := l.Append(r); err != nil {
			t.Fatal(err)
		}
		ahead, _ := j.Raw(id)
		theirs(ahead)
		b := merged(v, clock.Now(), mine...)
		if len(b.Changes) != 1 || b.Changes[0].State != r.State || b.Changes[0].Guard.Host != "bastion-2" || !b.Changes[0].Copy.Elsewhere {
			t.Errorf("after %s: %+v", r.Kind, b.Changes)
		}
	}
	if b := merged(v, clock.Now()); len(b.Changes) != 0 {
		t.Errorf("a closed change of another machine: %+v", b.Changes)
	}
	if at, ok := v.Closed("east")[id]; !ok || !at.Equal(start.Add(time.Minute)) {
		t.Errorf("closed at %v", at)
	}
}
