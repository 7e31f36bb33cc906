package productionstack

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/mapentry"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

// canary stands for what a text holds that is nobody's business.
const canary = "canary-7f31"

// chat has two back ends that are listed, and a third one that is not.
var chat = fleet.RouteSpec{ID: "chat", Targets: []fleet.TargetSpec{{ID: "http://10.0.0.1:8000"},
	{ID: "b", Deployment: "http://10.0.0.2:8000"}, {ID: "c", Deployment: "http://10.0.0.4:8000"}}}

func in(a, b, c int) fleet.Weights { return fleet.Weights{"http://10.0.0.1:8000": a, "b": b, "c": c} }

// bed is two routers that follow one file, and the gateway that they are.
type bed struct {
	routers []*router
	spec    fleet.GatewaySpec
	deps    fleet.Deps
	path    string
	cluster *toyobjects.Cluster
	failing error // of writes to the cluster
	mounted string
}

func fileBed(t *testing.T, name string) *bed {
	t.Helper()
	b := &bed{deps: testDeps(), path: filepath.Join(t.TempDir(), name)}
	must(t, os.WriteFile(b.path, []byte(fixture(t, name)), 0o600))
	b.start(t, strings.HasSuffix(name, ".json"), func() string { return b.text(t) })
	b.spec.File = &fleet.GatewayFile{Path: b.path}
	return b
}

func mapBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{deps: testDeps(), cluster: toyobjects.New(), mounted: fixture(t, "dynamic.yaml")}
	b.cluster.Put(mapentry.Kind, "metadata: {namespace: gw, name: router, uid: u1}\ndata:\n  notes: "+canary+"\n  dynamic.yaml: |\n    "+
		strings.ReplaceAll(b.mounted, "\n", "\n    ")+"# key "+canary+"\n")
	b.mounted = b.text(t)
	b.deps.Objects = func(fleet.ClusterID) (fleet.Objects, error) { return b.cluster, nil }
	b.deps.ObjectWriter = func(fleet.ClusterID) (fleet.ObjectWriter, error) { return b, nil }
	b.start(t, false, func() string { return b.mounted })
	b.spec.Cluster, b.spec.Options = "prod", map[string]string{fleet.OptionConfigMap: "gw/router/dynamic.yaml"}
	return b
}

// Write implements fleet.ObjectWriter.
func (b *bed) Write(ctx context.Context, w fleet.ObjectWrite, id string, dry bool) error {
	if b.failing != nil {
		return b.failing
	}
	return b.cluster.Write(ctx, w, id, dry)
}

func (b *bed) start(t *testing.T, commas bool, file func() string) {
	b.spec.ID = "gw"
	for _, id := range []fleet.GatewayReplicaID{"r1", "r2"} {
		r := play(t, file)
		r.json = commas
		r.poll()
		b.routers = append(b.routers, r)
		b.spec.Replicas = append(b.spec.Replicas, fleet.GatewayReplicaSpec{ID: id, URL: r.URL})
	}
}

// text is what the file holds.
func (b *bed) text(t *testing.T) string {
	t.Helper()
	if b.cluster == nil {
		raw, err := os.ReadFile(b.path)
		must(t, err)
		return string(raw)
	}
	raw, err := b.cluster.Get(t.Context(), mapentry.Kind, fleet.ObjectRef{Namespace: "gw", Name: "router"})
	must(t, err)
	doc, err := jsonptr.Decode(raw)
	must(t, err)
	return jsonptr.Text(doc, "/data/dynamic.yaml")
}

// follow is the time after which every router has looked at its file.
func (b *bed) follow(t *testing.T) {
	t.Helper()
	if b.cluster != nil {
		b.mounted = b.text(t)
	}
	for _, r := range b.routers {
		r.poll()
	}
}

func (b *bed) writer(t *testing.T) *writer {
	t.Helper()
	w, err := Connector().NewWriter(b.spec, b.deps)
	must(t, err)
	return w.(*writer)
}

// held compares what every router says that it holds, and whether something is pending.
func (b *bed) held(t *testing.T, want fleet.Weights, pending string) {
	t.Helper()
	for _, h := range b.writer(t).ReadBack(t.Context(), chat) {
		if h.Err != nil || !h.Weights.Equal(want) || (pending == "") != h.Pending.IsEmpty() || !strings.Contains(h.Pending.String(), pending) {
			t.Errorf("%s holds %v, pending %q, %v; want %v, pending %q", h.Replica, h.Weights, h.Pending, h.Err, want, pending)
		}
	}
}

func refused(t *testing.T, b *bed, err error, kind fleet.Kind, says string) {
	t.Helper()
	if fleet.KindOf(err) != kind || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "nothing was written") ||
		strings.Contains(err.Error(), canary) {
		t.Errorf("%v, want %s with %q", err, kind, says)
	}
	for _, r := range b.routers {
		if r.posts > 0 {
			t.Error("a router was told something")
		}
	}
}

func TestABackEndIsTakenOffTheListAndPutBack(t *testing.T) {
	for name, make := range map[string]func(*testing.T) *bed{
		"file":      func(t *testing.T) *bed { return fileBed(t, "dynamic.yaml") },
		"ConfigMap": mapBed,
	} {
		t.Run(name, func(t *testing.T) {
			b := make(t)
			w, was := b.writer(t), b.text(t)
			b.held(t, in(1, 1, 0), "")
			must(t, w.SetWeights(t.Context(), chat, in(1, 1, 0), in(1, 0, 0)))
			want := strings.Replace(was, "      - http://10.0.0.2:8000\n", "", 1)
			if got := b.text(t); got != want {
				t.Errorf("the text is\n%s", got)
			}
			b.held(t, in(1, 1, 0), "its file says 1/0/0, which it has not taken over yet")
			b.follow(t)
			b.held(t, in(1, 0, 0), "")
			must(t, w.SetWeights(t.Context(), chat, in(1, 1, 0), in(1, 0, 0))) // again: it holds that
			must(t, w.SetWeights(t.Context(), chat, in(1, 0, 0), in(1, 1, 0)))
			if got := b.text(t); got != was {
				t.Errorf("taken back the text is\n%s", got)
			}
			b.follow(t)
			b.held(t, in(1, 1, 0), "")
			must(t, w.SetWeights(t.Context(), chat, in(1, 1, 0), in(0, 1, 1)))
			b.follow(t)
			b.held(t, in(0, 1, 1), "")
		})
	}
	if w := mapBed(t).writer(t); w.Settle() != mapSettle {
		t.Errorf("a ConfigMap settles within %s", w.Settle())
	}
	b := fileBed(t, "dynamic.yaml")
	if w := b.writer(t); w.Settle() != fileSettle {
		t.Errorf("a file settles within %s", w.Settle())
	}
	b.spec.Settle = 1
	if w := b.writer(t); w.Settle() != 1 {
		t.Errorf("where it is configured it settles within %s", w.Settle())
	}
}

func TestTextsWithCommasKeepTheirPairs(t *testing.T) {
	b := fileBed(t, "dynamic.json")
	w, was := b.writer(t), b.text(t)
	b.held(t, in(1, 1, 0), "")
	must(t, w.SetWeights(t.Context(), chat, in(1, 1, 0), in(0, 1, 1)))
	want := strings.NewReplacer(`"http://10.0.0.1:8000,http://10.0.0.3:8000,http://10.0.0.2:8000"`,
		`"http://10.0.0.3:8000,http://10.0.0.2:8000,http://10.0.0.4:8000"`, `"chat,embed,chat"`, `"embed,chat,chat"`,
		`"chat,embeddings,chat"`, `"embeddings,chat,chat"`).Replace(was)
	if got := b.text(t); got != want {
		t.Errorf("the text is\n%s", got)
	}
	b.follow(t)
	b.held(t, in(0, 1, 1), "")
}

func TestATextThatRoutersDoNotTakeIsSeen(t *testing.T) {
	b := mapBed(t)
	w := b.writer(t)
	b.routers[1].file = text(b.mounted) // mounted by subPath
	must(t, w.SetWeights(t.Context(), chat, in(1, 1, 0), in(1, 0, 0)))
	b.follow(t)
	back := w.ReadBack(t.Context(), chat)
	if !back[0].Weights.Equal(in(1, 0, 0)) || !back[0].Pending.IsEmpty() || !back[1].Weights.Equal(in(1, 1, 0)) ||
		!strings.Contains(back[1].Pending.String(), "subPath") {
		t.Errorf("%+v", back)
	}
	refused(t, b, w.Resync(t.Context(), chat, "r2"), fleet.KindUnsupported, "looks at its file every 10 s by itself")

	b = fileBed(t, "dynamic.yaml")
	w = b.writer(t)
	for _, r := range b.routers {
		r.broken = true // discovery is made anew and routing fails: it chooses from the new list and says the old one
	}
	must(t, w.SetWeights(t.Context(), chat, in(1, 1, 0), in(1, 0, 0)))
	b.follow(t)
	b.held(t, in(1, 1, 0), "chooses from 1: a part of the file was taken over")
}

func TestChangesThatAreRefused(t *testing.T) {
	replace := func(pairs ...string) func(*testing.T, *bed) {
		return func(t *testing.T, b *bed) {
			must(t, os.WriteFile(b.path, []byte(strings.NewReplacer(pairs...).Replace(b.text(t))), 0o600))
		}
	}
	both := func(as func(*router)) func(*testing.T, *bed) {
		return func(_ *testing.T, b *bed) {
			for _, r := range b.routers {
				as(r)
			}
		}
	}
	for name, c := range map[string]struct {
		as    func(*testing.T, *bed)
		after fleet.Weights
		kind  fleet.Kind
		says  string
	}{
		"a weight":          {nil, in(1, 2, 0), fleet.KindUnsupported, "has no weights"},
		"none left":         {nil, in(0, 0, 0), fleet.KindInvalid, "no back end would be left"},
		"no target":         {nil, fleet.Weights{"x": 1}, fleet.KindInvalid, "no target of the route"},
		"changed by others": {replace("      - http://10.0.0.2:8000\n", ""), in(0, 1, 1), fleet.KindConflict, "holds 1/0/0, neither 1/1/0"},
		"no model":          {replace("  chat:\n", "  talk:\n", ": chat\n  ada", ": talk\n  ada"), in(1, 0, 0), fleet.KindNotFound, "no back end of the model chat"},
		"no file":           {func(t *testing.T, b *bed) { must(t, os.Remove(b.path)) }, in(1, 0, 0), fleet.KindInvalid, "no such file"},
		"no YAML":           {func(t *testing.T, b *bed) { must(t, os.WriteFile(b.path, []byte("{"+canary), 0o600)) }, in(1, 0, 0), fleet.KindInvalid, "not valid YAML"},
		"a field that the router does not know": {replace("session_key", "k8s_port_name: "+canary+"\nsession_key"), in(1, 0, 0), fleet.KindUnsupported,
			"k8s_port_name, which this version of the router does not know"},
		"a field that was not taken over": {replace("x-user", "x-other"), in(1, 0, 0), fleet.KindUnsupported, "another session_key than the file says"},
		"an address that no router takes": {replace("10.0.0.3", "embed-svc"), in(1, 0, 0), fleet.KindInvalid, "http://embed-svc:8000 is no address"},
		"found by label":                  {replace("discovery: static", "discovery: k8s"), in(1, 0, 0), fleet.KindUnsupported, "label"},
		"labels by place":                 {replace("session_key", "static_model_labels: a,b\nsession_key"), in(1, 0, 0), fleet.KindUnsupported, "labels stand by their place"},
		"ports are lost":                  {replace("roundrobin", "kvaware"), in(1, 0, 0), fleet.KindUnsupported, "lose the ports"},
		"listed twice":                    {replace("      - http://10.0.0.2:8000\n", "      - http://10.0.0.2:8000\n      - http://10.0.0.2:8000\n"), in(1, 0, 0), fleet.KindUnsupported, "listed 2 times"},
		"an anchor": {replace("    static_backends:\n      - http://10.0.0.1:8000 # rack 1", "    static_backends: &c\n      - http://10.0.0.1:8000",
			"[http://10.0.0.3:8000]", "*c"), in(1, 0, 0), fleet.KindUnsupported, "by hand"},
		"no dynamic configuration": {both(func(r *router) { r.dynamic = false }), in(1, 0, 0), fleet.KindUnsupported, "started without --dynamic-config-yaml"},
		"no place":                 {func(_ *testing.T, b *bed) { b.spec.File = nil }, in(1, 0, 0), fleet.KindUnsupported, "configmap: NAMESPACE/NAME/KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			b := fileBed(t, "dynamic.yaml")
			if c.as != nil {
				c.as(t, b)
			}
			was, _ := os.ReadFile(b.path)
			refused(t, b, b.writer(t).SetWeights(t.Context(), chat, in(1, 1, 0), c.after), c.kind, c.says)
			if now, _ := os.ReadFile(b.path); string(now) != string(was) {
				t.Errorf("the file is\n%s", now)
			}
		})
	}
}

func TestConfigMapsThatAreNotWritten(t *testing.T) {
	for name, c := range map[string]struct {
		as   func(*bed)
		kind fleet.Kind
		says string
	}{
		"changed meanwhile": {func(b *bed) {
			b.failing = &fleet.Error{Kind: fleet.KindConflict, Op: "write", Err: errors.New("it holds " + canary)}
		}, fleet.KindConflict, "has changed"},
		"not readable":  {func(b *bed) { b.cluster.Denied["configmaps"] = true }, fleet.KindAuth, "no right to read"},
		"not there":     {func(b *bed) { b.cluster.Drop(mapentry.Kind, "gw", "router") }, fleet.KindNotFound, "not there"},
		"no such entry": {func(b *bed) { b.spec.Options[fleet.OptionConfigMap] = "gw/router/other" }, fleet.KindNotFound, "no such entry"},
	} {
		t.Run(name, func(t *testing.T) {
			b := mapBed(t)
			c.as(b)
			refused(t, b, b.writer(t).SetWeights(t.Context(), chat, in(1, 1, 0), in(1, 0, 0)), c.kind, c.says)
			b.held(t, in(1, 1, 0), "") // a file that cannot be read is no fault of a router
		})
	}
	for _, bad := range []string{"gw/router", "gw//x", "/a/b"} {
		b := mapBed(t)
		b.spec.Options[fleet.OptionConfigMap] = bad
		if _, err := Connector().NewWriter(b.spec, b.deps); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	b := mapBed(t)
	b.spec.TLS.Insecure = true
	if _, err := Connector().NewWriter(b.spec, b.deps); fleet.KindOf(err) != fleet.KindReadOnly {
		t.Errorf("without verified TLS: %v", err)
	}
}

// The second of two files fails: what was written is told, and each router says what it holds.
func TestTheSecondFileFails(t *testing.T) {
	b := fileBed(t, "dynamic.yaml")
	second := filepath.Join(t.TempDir(), "second.yaml")
	must(t, os.WriteFile(second, []byte(b.text(t)), 0o600))
	b.spec.Replicas[1].File = second
	b.routers[1].file = func() string { raw, _ := os.ReadFile(second); return string(raw) }
	w := b.writer(t)
	one := w.places[1].(local)
	one.files.At = func(step string) {
		if step == "compare" {
			must(t, os.WriteFile(second, []byte(b.text(t)+"# theirs\n"), 0o600))
		}
	}
	w.places[1] = one
	err := w.SetWeights(t.Context(), chat, in(1, 1, 0), in(1, 0, 0))
	if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "written is the file "+b.path) {
		t.Errorf("%v", err)
	}
}

func TestARouterThatDoesNotAnswerIsSaid(t *testing.T) {
	b := fileBed(t, "dynamic.yaml")
	b.routers[1].Close()
	w := b.writer(t)
	must(t, w.SetWeights(t.Context(), chat, in(1, 1, 0), in(1, 0, 0)))
	b.routers[0].poll()
	back := w.ReadBack(t.Context(), chat)
	if !back[0].Weights.Equal(in(1, 0, 0)) || fleet.KindOf(back[1].Err) != fleet.KindUnreachable || back[1].Weights != nil {
		t.Errorf("%+v", back)
	}
}
