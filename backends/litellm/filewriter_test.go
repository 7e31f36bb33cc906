package litellm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pitwall/fleet"
)

// The test binary is also the reload command ("reload URL FILE") and the program that is killed in the
// middle of an edit ("edit FILE STEP").
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 4 && os.Args[1] == "reload":
		syscall.Exit(reloadCommand(os.Args[2], os.Args[3]))
	case len(os.Args) == 4 && os.Args[1] == "edit":
		syscall.Exit(killedEditor(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

// reloadCommand does what a restart does: the replica reads its file again.
func reloadCommand(base, path string) int {
	if os.Getenv("PITWALL_TEST_SECRET") != "" {
		fmt.Println("the reload command was given a secret")
		return 1
	}
	resp, err := http.Post(base+"/test/reload?path="+url.QueryEscape(path), "", nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		fmt.Println("reload refused\x1b[31m")
		return 3
	}
	return 0
}

const fileConfig = `model_list:
  - model_name: chat # the route
    litellm_params: {model: openai/model-a, weight: 60}
    model_info: {id: a}
  - model_name: chat
    litellm_params:
      model: openai/model-b
      weight: 40
    model_info:
      id: b
`

// newFileFake is a gateway without a database whose replicas share one file.
func newFileFake(t *testing.T, replicas int) (*fakeGateway, string) {
	t.Helper()
	t.Setenv("PITWALL_TEST_SECRET", "sk-never")
	g := newFake(t, replicas)
	g.hasDB = false
	fileModels(g)
	g.propagate()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(fileConfig), 0o640); err != nil {
		t.Fatal(err)
	}
	return g, path
}

func (g *fakeGateway) fileWriter(t *testing.T, path string) *fileWriter {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	spec := g.spec()
	spec.File = &fleet.GatewayFile{Path: path, ReloadReady: 5 * time.Second}
	for i := range spec.Replicas {
		spec.Replicas[i].Reload = []string{self, "reload", spec.Replicas[i].URL, path}
	}
	w, err := Connector().NewWriter(spec, testDeps())
	if err != nil {
		t.Fatal(err)
	}
	return w.(*fileWriter)
}

// load is the restart of one replica.
func (r *fakeReplica) load(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	c, err := parseConfig(text)
	if err != nil {
		return err
	}
	for i := range r.loaded {
		for _, m := range c.members {
			if string(m.id) == r.loaded[i].ID {
				r.loaded[i].Weight = nil
				if m.weight.OK {
					r.loaded[i].Weight = weight(m.weight.V)
				}
			}
		}
	}
	return nil
}

func (g *fakeGateway) reloads() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, e := range g.log {
		if e.Path == "/test/reload" {
			out = append(out, string(e.Replica))
		}
	}
	return out
}

func fileHolds(t *testing.T, path string) fleet.Weights {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.weights(chatRoute("a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestFileShiftThereAndBack(t *testing.T) {
	g, path := newFileFake(t, 3)
	w, r := g.fileWriter(t, path), chatRoute("a", "b")
	if err := w.SetWeights(context.Background(), r, before6040, after5050); err != nil {
		t.Fatal(err)
	}
	for _, h := range w.ReadBack(context.Background(), r) {
		if h.Err != nil || !h.Weights.Equal(after5050) {
			t.Errorf("%s holds %v %v", h.Replica, h.Weights, h.Err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	if err := w.SetWeights(context.Background(), r, after5050, before6040); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != fileConfig {
		t.Errorf("there and back gives\n%s%v", text, err)
	}
	if got := strings.Join(g.reloads(), " "); got != "gw-1 gw-2 gw-3 gw-1 gw-2 gw-3" {
		t.Errorf("reloads %s", got)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestFileShiftGoesOnWhereItStopped(t *testing.T) {
	g, path := newFileFake(t, 3)
	w, r := g.fileWriter(t, path), chatRoute("a", "b")
	w.files.At = func(step string) {
		if step == "end" {
			panic("killed")
		}
	}
	func() {
		defer func() { _ = recover() }()
		_ = w.SetWeights(context.Background(), r, before6040, after5050)
	}()
	if !fileHolds(t, path).Equal(after5050) {
		t.Fatal("the file was not edited")
	}
	g.mu.Lock()
	if err := g.replicas[1].load(path); err != nil { // one replica restarted by itself
		t.Error(err)
	}
	g.mu.Unlock()
	w = g.fileWriter(t, path)
	for range 2 {
		if err := w.SetWeights(context.Background(), r, before6040, after5050); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(g.reloads(), " "); got != "gw-1 gw-3" {
		t.Errorf("reloads %s, want those that lagged, once", got)
	}
}

func TestAReplicaThatDoesNotComeBackStopsTheRollout(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		refuse     func(method, path string) (int, string)
		clock      fleet.Clock
	}{
		{"the command fails", "the reload command failed (exit status 3): reload refused^[[31m",
			func(_, path string) (int, string) {
				if path == "/test/reload" {
					return 500, ""
				}
				return 0, ""
			}, nil},
		{"it never loads the file", "did not come back with a=50 b=50 within 5s",
			func(_, path string) (int, string) {
				if path == "/test/reload" {
					return 200, ""
				}
				return 0, ""
			}, &leapClock{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, path := newFileFake(t, 3)
			w, r := g.fileWriter(t, path), chatRoute("a", "b")
			g.refuse(1, tc.refuse)
			if tc.clock != nil {
				w.clock = tc.clock
			}
			err := w.SetWeights(context.Background(), r, before6040, after5050)
			for _, part := range []string{
				tc.want, "the rollout stopped at gw-2", "gw-1 holds a=50 b=50", "gw-2 holds a=60 b=40",
				"gw-3 holds a=60 b=40", "the file of gw-2 holds a=50 b=50",
			} {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("error %v\nlacks %q", err, part)
				}
			}
			g.refuse(1, nil)
			if err := w.Resync(context.Background(), r, "gw-2"); err != nil {
				t.Error(err)
			}
			if held := w.ReadBack(context.Background(), r); !held[1].Weights.Equal(after5050) || !held[2].Weights.Equal(before6040) {
				t.Errorf("after the resync %v", held)
			}
		})
	}
}

// leapClock is a clock whose sleepers find their time gone by at once.
type leapClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *leapClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *leapClock) Task() fleet.Task { return leapTask{c} }

type leapTask struct{ clock *leapClock }

func (t leapTask) Sleep(ctx context.Context, d time.Duration) error {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	t.clock.now = t.clock.now.Add(d)
	return ctx.Err()
}

func (leapTask) Idle(wait func()) { wait() }

func (leapTask) Done() {}

func TestFileModeRefusals(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		kind       fleet.Kind
		change     func(t *testing.T, g *fakeGateway, w *fileWriter, path string)
	}{
		{"someone else's edit", "neither a=60 b=40 as planned on nor a=50 b=50", fleet.KindConflict,
			func(t *testing.T, _ *fakeGateway, _ *fileWriter, path string) {
				rewrite(t, path, strings.Replace(fileConfig, "40", "41", 1))
			}},
		{"ids that would change", "pin model_info.id", fleet.KindInvalid,
			func(t *testing.T, _ *fakeGateway, _ *fileWriter, path string) {
				rewrite(t, path, strings.Replace(fileConfig, "{id: a}", "{mode: chat}", 1))
			}},
		{"a link", "symbolic link", fleet.KindInvalid,
			func(t *testing.T, _ *fakeGateway, _ *fileWriter, path string) {
				must(t, os.Rename(path, path+".real"))
				must(t, os.Symlink(path+".real", path))
			}},
		{"an open folder", "may be written by group or others", fleet.KindInvalid,
			func(t *testing.T, _ *fakeGateway, _ *fileWriter, path string) {
				must(t, os.Chmod(filepath.Dir(path), 0o775))
			}},
		{"no file", "cannot be edited", fleet.KindInvalid,
			func(t *testing.T, _ *fakeGateway, _ *fileWriter, path string) { must(t, os.Remove(path)) }},
		{"no reload command", "no reload command", fleet.KindInvalid,
			func(_ *testing.T, _ *fakeGateway, w *fileWriter, _ string) { w.replicas[1].spec.Reload = nil }},
		{"models of the database", "comes from the database", fleet.KindUnsupported,
			func(_ *testing.T, g *fakeGateway, _ *fileWriter, _ string) { g.replicas[2].loaded[0].FromDB = true }},
		{"a strategy without weights", "ignores weights", fleet.KindUnsupported,
			func(_ *testing.T, g *fakeGateway, _ *fileWriter, _ string) { g.strategy = "latency-based-routing" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, path := newFileFake(t, 3)
			w := g.fileWriter(t, path)
			tc.change(t, g, w, path)
			before, _ := os.ReadFile(path)
			err := w.SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050)
			if fleet.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.want) ||
				!strings.Contains(err.Error(), "nothing was written") {
				t.Errorf("got %v", err)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) || len(g.reloads()) != 0 {
				t.Errorf("the file or a replica was touched: %s %v", after, g.reloads())
			}
		})
	}
}

func rewrite(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o640))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestReplicasWithFilesOfTheirOwn(t *testing.T) {
	g, path := newFileFake(t, 2)
	w, r := g.fileWriter(t, path), chatRoute("a", "b")
	other := filepath.Join(t.TempDir(), "other.yaml")
	rewrite(t, other, strings.Replace(fileConfig, "# the route", "# the other", 1))
	w.replicas[1].spec.File = other
	w.replicas[1].spec.Reload[3] = other
	must(t, w.SetWeights(context.Background(), r, before6040, after5050))
	if !fileHolds(t, path).Equal(after5050) || !fileHolds(t, other).Equal(after5050) {
		t.Error("not both files were edited")
	}
}

func TestReloadCommandSeesNoSecret(t *testing.T) {
	env := environment([]string{"PATH=/bin", "OPENAI_API_KEY=sk", "HOME=/root", "LITELLM_MASTER_KEY=sk", "KUBECONFIG=/k"})
	text, err := json.Marshal(env)
	if err != nil || string(text) != `["PATH=/bin","HOME=/root","KUBECONFIG=/k"]` {
		t.Errorf("environment %s %v", text, err)
	}
}
