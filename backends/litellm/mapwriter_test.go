package litellm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/mapentry"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var deployments = workloadKinds["Deployment"]

// mapBed is a gateway whose file is an entry of a ConfigMap, and the cluster that keeps it.
type mapBed struct {
	g       *fakeGateway
	cluster *toyobjects.Cluster
	path    string
	failOn  string // resource whose writes fail; "" for none
	dried   int
}

// Write implements fleet.ObjectWriter.
func (b *mapBed) Write(ctx context.Context, w fleet.ObjectWrite, id string, dry bool) error {
	if dry {
		b.dried++
	} else if w.API.Resource == b.failOn {
		return &fleet.Error{Kind: fleet.KindConflict, Op: "write", Err: errors.New("it holds " + canary)}
	}
	return b.cluster.Write(ctx, w, id, dry)
}

func newMapBed(t *testing.T) (*mapBed, fleet.GatewaySpec, fleet.Deps) {
	t.Helper()
	b := &mapBed{cluster: toyobjects.New()}
	b.g, b.path = newFileFake(t, 2)
	b.cluster.Put(mapentry.Kind, "metadata: {namespace: gw, name: litellm, uid: u1}\ndata:\n  config.yaml: |\n"+
		"    "+strings.ReplaceAll(strings.TrimRight(fileConfig, "\n"), "\n", "\n    ")+"\n    # key "+canary+"\n")
	b.cluster.Put(deployments, "metadata: {namespace: gw, name: proxy, uid: u2}\nspec: {template: {metadata: {labels: {app: proxy}}}}")
	spec := b.g.spec()
	spec.Cluster = "prod"
	spec.Options = map[string]string{optionConfigMap: "gw/litellm/config.yaml", optionWorkload: "Deployment/proxy"}
	deps := testDeps()
	deps.Objects = func(fleet.ClusterID) (fleet.Objects, error) { return b.cluster, nil }
	deps.ObjectWriter = func(fleet.ClusterID) (fleet.ObjectWriter, error) { return b, nil }
	return b, spec, deps
}

func (b *mapBed) text(t *testing.T) string {
	t.Helper()
	raw, err := b.cluster.Get(context.Background(), mapentry.Kind, fleet.ObjectRef{Namespace: "gw", Name: "litellm"})
	must(t, err)
	doc, err := jsonptr.Decode(raw)
	must(t, err)
	return jsonptr.Text(doc, "/data/config.yaml")
}

func (b *mapBed) mark(t *testing.T) string {
	t.Helper()
	raw, err := b.cluster.Get(context.Background(), deployments, fleet.ObjectRef{Namespace: "gw", Name: "proxy"})
	must(t, err)
	doc, err := jsonptr.Decode(raw)
	must(t, err)
	return jsonptr.Text(doc, markAt)
}

// restart is what the controller does to every pod.
func (b *mapBed) restart(t *testing.T) {
	t.Helper()
	must(t, os.WriteFile(b.path, []byte(b.text(t)), 0o600))
	b.g.mu.Lock()
	defer b.g.mu.Unlock()
	for _, r := range b.g.replicas {
		must(t, r.load(b.path))
	}
}

func mapWriterOf(t *testing.T, spec fleet.GatewaySpec, deps fleet.Deps) fleet.RouteWriter {
	t.Helper()
	w, err := Connector().NewWriter(spec, deps)
	must(t, err)
	return w
}

func TestAConfigMapIsEditedAndItsPodsRolled(t *testing.T) {
	b, spec, deps := newMapBed(t)
	w, r := mapWriterOf(t, spec, deps), chatRoute("a", "b")
	was := b.text(t)
	must(t, w.SetWeights(context.Background(), r, before6040, after5050))
	want := strings.NewReplacer("weight: 60", "weight: 50", "weight: 40", "weight: 50").Replace(was)
	if got := b.text(t); got != want || b.mark(t) != mapentry.Mark([]byte(want)) {
		t.Errorf("the text is\n%s\nand the mark %q", got, b.mark(t))
	}
	for _, h := range w.ReadBack(context.Background(), r) {
		if !h.Weights.Equal(before6040) {
			t.Errorf("before the pods are replaced %s holds %v", h.Replica, h.Weights)
		}
	}
	b.restart(t)
	for _, h := range w.ReadBack(context.Background(), r) {
		if h.Err != nil || !h.Weights.Equal(after5050) {
			t.Errorf("%s holds %v %v", h.Replica, h.Weights, h.Err)
		}
	}
	dried := b.dried
	must(t, w.SetWeights(context.Background(), r, before6040, after5050))
	if b.dried != dried || dried == 0 {
		t.Errorf("%d rehearsals, %d after a repeated call", dried, b.dried)
	}
	must(t, w.SetWeights(context.Background(), r, after5050, before6040))
	if got := b.text(t); got != was || b.mark(t) != mapentry.Mark([]byte(was)) {
		t.Errorf("taken back the text is\n%s\nand the mark %q", got, b.mark(t))
	}
	if w.Settle() != mapSettle {
		t.Errorf("it settles within %s", w.Settle())
	}
}

func TestAnInterruptedRollGoesOn(t *testing.T) {
	b, spec, deps := newMapBed(t)
	w, r := mapWriterOf(t, spec, deps), chatRoute("a", "b")
	b.failOn = "deployments"
	err := w.SetWeights(context.Background(), r, before6040, after5050)
	if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "run with the one before") || strings.Contains(err.Error(), "canary") {
		t.Errorf("the roll failed with %v", err)
	}
	b.failOn = ""
	must(t, w.SetWeights(context.Background(), r, before6040, after5050))
	if b.mark(t) != mapentry.Mark([]byte(b.text(t))) {
		t.Errorf("the mark is %q", b.mark(t))
	}
	if err := w.Resync(context.Background(), r, "gw-1"); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("resync of pods that are rolled: %v", err)
	}
	b.cluster.Change(deployments, fleet.ObjectRef{Namespace: "gw", Name: "proxy"}, markAt, "other")
	must(t, w.Resync(context.Background(), r, "gw-1"))
	if b.mark(t) != mapentry.Mark([]byte(b.text(t))) {
		t.Errorf("after a resync the mark is %q", b.mark(t))
	}
}

func TestConfigMapsThatAreNotEdited(t *testing.T) {
	for name, tc := range map[string]struct {
		as   func(*mapBed)
		kind fleet.Kind
		says string
	}{
		"changed by another": {func(b *mapBed) { b.put(strings.Replace(fileConfig, "60", "61", 1)) }, fleet.KindConflict, "someone else"},
		"changed meanwhile":  {func(b *mapBed) { b.failOn = "configmaps" }, fleet.KindConflict, "pods were not rolled"},
		"no YAML":            {func(b *mapBed) { b.put("{" + canary) }, fleet.KindInvalid, "no YAML"},
		"no such entry": {func(b *mapBed) {
			b.cluster.Put(mapentry.Kind, "metadata: {namespace: gw, name: litellm}\ndata: {other: x}")
		},
			fleet.KindNotFound, "no such entry"},
		"no ConfigMap":     {func(b *mapBed) { b.cluster.Drop(mapentry.Kind, "gw", "litellm") }, fleet.KindNotFound, "nothing was written"},
		"no workload":      {func(b *mapBed) { b.cluster.Drop(deployments, "gw", "proxy") }, fleet.KindNotFound, "nothing was written"},
		"ignored weights":  {func(b *mapBed) { b.g.strategy = "least-busy" }, fleet.KindUnsupported, "least-busy"},
		"models in the db": {func(b *mapBed) { b.g.replicas[0].loaded[0].FromDB = true }, fleet.KindUnsupported, "database"},
		"not readable":     {func(b *mapBed) { b.cluster.Denied["configmaps"] = true }, fleet.KindAuth, "nothing was written"},
	} {
		t.Run(name, func(t *testing.T) {
			b, spec, deps := newMapBed(t)
			tc.as(b)
			err := mapWriterOf(t, spec, deps).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050)
			if fleet.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v, want %s with %q", err, tc.kind, tc.says)
			}
			b.cluster.Denied["deployments"] = false
			if name != "no workload" && b.mark(t) != "" {
				t.Error("its pods were rolled")
			}
		})
	}
}

func (b *mapBed) put(text string) {
	b.cluster.Put(mapentry.Kind, fmt.Sprintf("metadata: {namespace: gw, name: litellm, uid: u1}\ndata: {config.yaml: %q}", text))
}

func TestOptionsOfAConfigMap(t *testing.T) {
	for _, bad := range []map[string]string{
		{optionConfigMap: "litellm", optionWorkload: "Deployment/proxy"}, {optionConfigMap: "gw//x", optionWorkload: "Deployment/proxy"},
		{optionConfigMap: "gw/litellm/x"}, {optionConfigMap: "gw/litellm/x", optionWorkload: "Pod/x"},
		{optionConfigMap: "gw/litellm/x", optionWorkload: "Deployment/"},
	} {
		_, spec, deps := newMapBed(t)
		spec.Options = bad
		if _, err := Connector().NewWriter(spec, deps); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
	_, spec, deps := newMapBed(t)
	spec.Cluster = ""
	if _, err := Connector().NewWriter(spec, deps); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("without a cluster: %v", err)
	}
	wantRefused(t, nil, editorOfMap(t).Editable(context.Background(), chatRoute("a", "b"), everyEdit()[0]), fleet.KindUnsupported, "in a file")
}

func editorOfMap(t *testing.T) fleet.RouteEditor {
	t.Helper()
	_, spec, deps := newMapBed(t)
	return mapWriterOf(t, spec, deps).(fleet.RouteEditor)
}
