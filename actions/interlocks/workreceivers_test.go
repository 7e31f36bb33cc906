package interlocks

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestColdStart(t *testing.T) {
	judgeWorks(t, "IL-33", []workCase{
		{"fits", nil, ok, "300s = 90th percentile of 3 starts, <= 1,800s", ""},
		{"read by the orchestrator", func(w *works) {
			w.was.Loads = []time.Duration{time.Minute, 2 * time.Minute, 3 * time.Minute, 4 * time.Minute}
		}, ok, "240s = 90th percentile of 4 starts", ""},
		{"no limit", func(w *works) { w.was.Deadline, w.was.Startup.V = 0, 0 }, ok, "nothing limits it", ""},
		{"a 10-minute load and a 600 s deadline", func(w *works) { w.was.Loads, w.was.Deadline = []time.Duration{601 * time.Second}, 10*time.Minute },
			warn, "601s = 90th percentile of 1 start > 600s deadline", ""},
		{"killed by its probes", func(w *works) { w.was.Startup.V = 4 * time.Minute }, warn, "300s = 90th percentile of 3 starts > 240s that its probes allow", ""},
		{"all away at once", func(w *works) { w.draft.Extra, w.draft.Down = 0, 3 }, warn, "3 of 3 replicas are away at once, for about 300s", ""},
		{"starts nothing", func(w *works) { w.to(actions.KindPause); w.draft.Stages[0].Until = fleet.Until{} }, ok, "starts no replica", ""},
		{"scales up", func(w *works) { w.to(actions.KindScale); w.want.Replicas = fleet.Some(5); w.was.Deadline = time.Minute }, warn, "60s deadline", ""},
		{"scales down", func(w *works) {
			w.to(actions.KindScale)
			w.want.Replicas, w.draft.Down = fleet.Some(1), 2
			w.was.Deadline = time.Minute
		}, ok, "starts no", ""},
		{"other weights", func(w *works) { w.want.Revision = "70aa" }, warn, "how long the new ones take is not known", "missing"},
		{"probes not read", func(w *works) { w.was.Startup = fleet.None[time.Duration]() }, warn, "let it load is not known", "missing"},
		{"no start is known", func(w *works) { w.cluster().Pods = nil }, warn, "not known", "missing"},
		{"pods that show no load", func(w *works) {
			p := w.cluster().Pods
			p[0].Restarts, p[1].Since, p[2].State = 1, now, fleet.StateWarn
		}, warn, "none that runs shows it", "missing"},
		{"a drain", (*works).drain, warn, "a replacement of llama takes about 300s", ""},
		{"a drain without GPUs", func(w *works) { w.drain(); w.leaving().GPUs = 0 }, ok, "no pod with GPUs", ""},
		{"a drain, nothing known", func(w *works) { w.drain(); w.s.Clusters = nil }, warn, "not known", "missing"},
	})
}

func TestHardwareOfTheReceivers(t *testing.T) {
	xid := func(code int, settled bool) func(w *works) {
		return func(w *works) { w.gpu(1).XidHistory = []fleet.XidSeen{{Code: code, Settled: settled}} }
	}
	judgeWorks(t, "IL-34", []workCase{
		{"sound", nil, ok, "3 nodes may take replicas", ""},
		{"starts nothing", func(w *works) {
			w.to(actions.KindPause)
			w.draft.Stages[0].Until = fleet.Until{}
			w.gpu(0).Missing = true
		}, ok, "no node", ""},
		{"fatal Xid", xid(79, false), warn, "n1 GPU 0: Xid 79", ""},
		{"fatal Xid, reset since", xid(79, true), ok, "", ""},
		{"Xid of a program", xid(31, false), ok, "", ""},
		{"failed remap", func(w *works) { w.gpu(2).Reading.RemapFailed = fleet.Some(true) }, warn, "n2 GPU 0: a memory row", ""},
		{"driver asks for a reset", func(w *works) { w.gpu(0).Asks = fleet.Text("reset") }, warn, "its driver asks: reset", ""},
		{"gone", func(w *works) { w.gpu(0).Missing = true }, warn, "gone", ""},
		{"failed device", func(w *works) { w.node(1).GPUUsable = fleet.Some(7) }, warn, "n1: 1 of 8 GPUs cannot be allocated", ""},
		{"bad condition", func(w *works) {
			w.node(1).Conditions = []fleet.NodeCondition{{Type: fleet.Label("GpuMemWatch"), Status: fleet.Label("True"), Bad: true}}
		}, warn, "condition GpuMemWatch is True", ""},
		{"on a node that takes nothing", func(w *works) { w.node(1).Unscheduled = true; xid(79, false)(w) }, ok, "2 nodes", ""},
		{"one throttles", func(w *works) { w.gpu(0).Reading.Throttle.V = 0x8 }, ok, "", ""},
		{"two throttle", func(w *works) { w.gpu(0).Reading.Throttle.V, w.gpu(1).Reading.Throttle.V = 0x40, 0x80 }, warn, "2 replicas on the receiving nodes throttle > 1", ""},
		{"two GPUs of one replica throttle", func(w *works) {
			g := *w.gpu(0)
			g.Reading.Throttle.V = 0x40
			n := &w.s.Pools[0].Nodes[0]
			n.GPUs = []fleet.GPU{g, g}
		}, ok, "", ""},
		{"the rest cannot carry it", func(w *works) { xid(79, false)(w); w.s.Pools[0].Used.V = 0.8 }, block,
			"1.20 = 0.80 x 3 ready / (3 - 1 on such nodes - 0 away) > 1", ""},
		{"the rest just carries it", func(w *works) { xid(79, false)(w); w.s.Pools[0].Used.V = 0.66 }, warn, "Xid 79", ""},
		{"none would be left", func(w *works) { xid(79, false)(w); w.draft.Extra, w.draft.Down = 0, 2 }, block, "none would be left", ""},
		{"load not known", func(w *works) { xid(79, false)(w); w.s.Pools[0].Used = fleet.None[fleet.Ratio]() }, warn, "carry the load without them is not known", "missing"},
		{"exporter not read", func(w *works) { w.s.Pools[0].Nodes[2].At = time.Time{} }, warn, "the GPUs of n2", "missing"},
		{"stale", func(w *works) { w.s.Pools[0].Nodes[2].At = ago(3 * time.Minute) }, warn, "older than 2m", "missing"},
		{"no exporter", func(w *works) { w.s.Pools = nil }, warn, "n0, n1, n2", "missing"},
		{"no cluster", func(w *works) { w.s.Clusters = nil }, warn, "not known", "missing"},
		{"no node", func(w *works) { w.cluster().Nodes = nil }, warn, "no node that may take", "missing"},
		{"a drain to sound nodes", func(w *works) { w.drain(); w.gpu(0).Missing = true }, ok, "2 nodes", ""},
		{"a drain to a faulty node", func(w *works) { w.drain(); w.gpu(1).Missing = true }, warn, "n1 GPU 0", "missing"},
		{"a node comes back with its fault", func(w *works) { w.drain(); w.to(actions.KindUncordon); w.gpu(0).Missing = true }, warn, "n0 GPU 0", "missing"},
		{"a node comes back sound", func(w *works) { w.drain(); w.to(actions.KindUncordon); w.gpu(1).Missing = true }, ok, "1 node ", ""},
	})
}

func TestIntegrityOfWeights(t *testing.T) {
	judgeWorks(t, "IL-41", []workCase{
		{"one manifest", nil, ok, "3 of 3 replicas loaded the same weights", ""},
		{"loads nothing", func(w *works) {
			w.to(actions.KindPause)
			w.draft.Stages[0].Until = fleet.Until{}
			w.was.Manifests = nil
		}, ok, "loads no weights", ""},
		{"a replica differs", func(w *works) {
			w.was.Now.Manifest, w.was.Manifests[2].Digest = fleet.Safe{}, fleet.Label(digestB)
		}, hard, "llama-2 loaded sha256:222222222222, llama-0 sha256:111111111111: replicas of one version", ""},
		{"not what the object asks for", func(w *works) { w.was.Now.Manifest = fleet.Label(digestB) }, hard, "the object asks for sha256:222222222222", ""},
		{"old and new may differ", func(w *works) {
			w.was.Manifests[2] = fleet.PodManifest{Pod: "llama-old", Digest: fleet.Label(digestB)}
		}, ok, "same weights", ""},
		{"a scale with a replica that differs", func(w *works) {
			w.to(actions.KindScale)
			w.want.Replicas = fleet.Some(5)
			w.was.Manifests[1].Digest = fleet.Label(digestB)
		}, hard, "llama-1", ""},
		{"one publishes none", func(w *works) { w.was.Manifests[1].Digest = fleet.Safe{} }, warn, "1 of 3 replicas publish no digest", "missing"},
		{"none publishes", func(w *works) { w.was.Manifests = nil }, warn, "no replica publishes", "missing"},
		{"by tag", func(w *works) { w.want.Image = "reg.example/vllm-openai:v0.30.0" }, warn, "by a tag, not by a digest", ""},
		{"image not known", func(w *works) { w.want.Image, w.was.Now.Image = "", fleet.Safe{} }, warn, "which image", "missing"},
		{"new weights, nothing says what", func(w *works) { w.want.Revision = "70aa" }, ovr, "no manifest says what their files must be", "missing"},
		{"new weights, signed", func(w *works) { w.draft.To = renewed(w, fleet.TrustSigned) }, ok, "", ""},
		{"new weights, signed by a stranger", func(w *works) { w.draft.To = renewed(w, fleet.TrustStranger) }, ovr, "nobody that this site knows", ""},
		{"new weights, unsigned", func(w *works) { w.draft.To = renewed(w, fleet.TrustUnsigned) }, ovr, "are not signed", ""},
		{"new weights, signature not read", func(w *works) { w.draft.To = renewed(w, fleet.TrustUnknown) }, ovr, "whether they are signed is not known", "missing"},
		{"a mismatch outweighs all", func(w *works) {
			w.draft.To = renewed(w, fleet.TrustUnsigned)
			w.was.Now.Manifest = fleet.Label(digestB)
		}, hard, "", ""},
	})
}

func renewed(w *works, s fleet.Trust) fleet.Version {
	v := w.was.Now
	v.Image, v.Revision, v.Manifest, v.Signed = fleet.Label(imageNew), fleet.Label("70aa"), fleet.Label(digestB), s
	return v
}

func TestKnownVulnerabilities(t *testing.T) {
	image := func(tag string) func(w *works) { return func(w *works) { w.want.Image = "vllm/vllm-openai:" + tag } }
	judgeWorks(t, "IL-42", []workCase{
		{"none open", nil, ok, "of 2 listed entries of vllm none of CVSS 7 or more is open in it, data of 2026-11-21", ""},
		{"the image stays", func(w *works) { w.want.Image, w.want.Revision = "", "70aa"; w.pack.AsOf.Time = time.Time{} }, ok, "no new version", ""},
		{"a restart", func(w *works) { w.to(actions.KindRestart); w.was.Now.Image = fleet.Label("vllm/vllm-openai:v0.1.0") }, ok, "no new version", ""},
		{"critical", image("v0.21.0"), ovr, "2 entries are open in it: CVE-2026-1 9.1, fixed in 0.22.0; CVE-2026-2 7.5, fixed in 0.25.0 >= 9", ""},
		{"high", image("v0.22.0"), warn, "CVE-2026-2 7.5, fixed in 0.25.0 >= 7", ""},
		{"critical on the machine alone", func(w *works) { w.pack.Products[0].Known[0].Local = true; image("v0.21.0")(w) }, warn, ">= 7", ""},
		{"without a fix", func(w *works) { w.pack.Products[0].Known[0].Fixed = "" }, ovr, "no fix is listed", ""},
		{"before it came in", image("v0.2.9"), ok, "none of CVSS 7", ""},
		{"stale data", func(w *works) { w.pack.Products[0].AsOf.Time = now.AddDate(0, 0, -46) }, warn, "46d > 45d old", "missing"},
		{"stale data with a finding", func(w *works) { w.pack.Products[0].AsOf.Time = now.AddDate(0, 0, -46); image("v0.21.0")(w) }, ovr, "CVE-2026-1", ""},
		{"data with holes", func(w *works) { w.pack.Products[0].Complete = false }, warn, "not all", "missing"},
		{"another engine", func(w *works) { w.want.Image = "corp/engine:v3.2.1" }, warn, "no product for the image corp/engine:v3.2.1", "missing"},
		{"no release in the tag", image("latest"), warn, "names no release of vllm", "missing"},
		{"release from elsewhere", func(w *works) {
			w.draft.To = w.was.Now
			w.draft.To.Image, w.draft.To.Release = fleet.Label("vllm/vllm-openai:latest"), fleet.Label("0.21.0")
		}, ovr, "CVE-2026-1", ""},
		{"no data", func(w *works) { w.pack.AsOf.Time = time.Time{} }, warn, "no data on vulnerabilities", "missing"},
		{"version not known", func(w *works) { w.want = fleet.Want{Do: fleet.DoUpgrade, Version: "3"} }, warn, "not known", "missing"},
	})
}

func TestDriverFitsTheEngine(t *testing.T) {
	drivers := func(version string) func(w *works) {
		return func(w *works) {
			for _, n := range w.cluster().Nodes {
				n.Driver = fleet.Label(version)
			}
		}
	}
	judgeWorks(t, "IL-43", []workCase{
		{"fits", nil, ok, "driver 580.159.03 on n0, n1, n2 >= 575.51.03 of CUDA 12.9", ""},
		{"starts nothing", func(w *works) {
			w.to(actions.KindPause)
			w.draft.Stages[0].Until = fleet.Until{}
			w.cluster().Nodes = nil
		}, ok, "starts no", ""},
		{"CUDA 13 on R570", func(w *works) { drivers("570.211.01")(w); w.want.Image = "vllm/vllm-openai:v0.30.0-cu130" }, block,
			"driver 570.211.01 on n0, n1, n2 < R580 that CUDA 13.0 asks for: the image does not start there", ""},
		{"one node is too old", func(w *works) {
			w.node(2).Driver = fleet.Label("535.309.01")
			w.want.Image = "vllm/vllm-openai:v0.30.0-cu130"
		}, block, "535.309.01 on n2 < R580", ""},
		{"too old, with forward compatibility", func(w *works) {
			drivers("535.309.01")(w)
			w.pack.Products[0].Name = "triton"
			w.pack.Runtimes = append(w.pack.Runtimes, tritonRuntime())
			w.pack.Products[0].Images, w.want.Image = []string{"tritonserver"}, "nvcr.io/nvidia/tritonserver:25.10-py3"
		}, ovr, "only through the forward-compatibility package", ""},
		{"starts without all features", drivers("535.309.01"), warn, "without all of its features (< 575.51.03)", ""},
		{"only the major release is known", func(w *works) { drivers("535.309.01")(w); w.want.Image = "vllm/vllm-openai:v0.30.0-cu12" }, ok, "from which CUDA 12 starts", ""},
		{"affected", drivers("580.126.09"), warn, "is affected, CVSS up to 8.8: fixed in 580.159.03 (NVIDIA 1 of 2026-11-21)", ""},
		{"branch not listed", drivers("575.60.01"), warn, "no fix is listed for the branch R575: move to another branch", ""},
		{"branch newer than the data", drivers("610.43.02"), warn, "of a branch that the data does not cover", "missing"},
		{"vGPU version in brackets", drivers("580.159.03(vGPU 19.2)"), ok, "", ""},
		{"driver not known", func(w *works) { w.node(1).Driver = fleet.Safe{} }, ovr, "the driver of n1 is not known", "missing"},
		{"no node", func(w *works) { w.cluster().Nodes = nil }, ovr, "are not known", "missing"},
		{"stale cluster", func(w *works) { w.cluster().State = fleet.StateStale }, ovr, "are not known", "missing"},
		{"machines of a cloud", func(w *works) { w.cluster().Hosted, w.cluster().Nodes = true, nil }, warn, "those of a cloud", "missing"},
		{"CUDA not known", func(w *works) { w.want.Image = "vllm/vllm-openai:v0.30.0" }, ovr, "which CUDA", "missing"},
		{"CUDA not in the data", func(w *works) { w.want.Image = "vllm/vllm-openai:v0.30.0-cu140" }, ovr, "not in the data", "missing"},
		{"the image stays", func(w *works) { w.want.Image, w.want.Revision, w.was.Now.Image = "", "70aa", fleet.Label("corp/x:1") }, ok,
			"no older than 580.159.03, on which the image runs", ""},
		{"the image comes to an older driver", func(w *works) {
			n := *w.node(0)
			n.Name, n.Driver = "n9", fleet.Label("535.309.01")
			w.cluster().Nodes = append(w.cluster().Nodes, &n)
			w.to(actions.KindScale)
			w.want.Replicas, w.was.Now.Image = fleet.Some(4), fleet.Label("corp/x:1")
		}, ovr, "which CUDA", "missing"},
		{"stale data", func(w *works) { w.pack.AsOf.Time = now.AddDate(0, 0, -60) }, warn, "60d > 45d old", "missing"},
		{"no data", func(w *works) { *w.pack = emptyPack() }, ovr, "", "missing"},
	})
	w := goodWork()
	w.want.Image = "vllm/vllm-openai:v0.30.0-cu130"
	drivers("570.211.01")(w)
	if c := find(w.checks(t), "IL-43"); !strings.Contains(c.Fix.String(), "upgrade the driver") {
		t.Errorf("what would mend it: %q", c.Fix)
	}
}
