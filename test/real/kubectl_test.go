//go:build real

package real_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// kubectl is the real one on the embedded clusters, as a person at a shell has it.
type kubectl struct {
	t       *testing.T
	program string
	environ []string
	dir     string
}

// simulated starts an embedded fleet whose clock runs ten times as fast, and kubectl on its first cluster. One pool has an
// engine to spare, so that a surge finds devices; another is a StatefulSet.
func simulated(t *testing.T) *kubectl {
	t.Helper()
	program := filepath.Join(os.Getenv(servers.ClusterVariable), "kubectl")
	if _, err := os.Stat(program); os.Getenv(servers.ClusterVariable) == "" || err != nil {
		lacks(t, "there is no kubectl: "+servers.ClusterVariable+" names no folder that test/cluster/build.sh made")
	}
	clock := fleet.NewVirtualClock(time.Now())
	loads := map[string]float64{"b200-a": 20, "h100-b": 20}
	f, err := sim.Listen(context.Background(), sim.Options{Clock: clock, Mode: fleet.ModeLive, Loads: loads,
		Spares: map[string]int{"b200-a": 1}, Stateful: []string{"h100-b"}})
	started(t, err)
	ctx, stop := context.WithCancel(context.Background())
	driven := make(chan error, 1)
	go func() { driven <- f.Drive(ctx, clock, 10, 50*time.Millisecond) }()
	t.Cleanup(func() {
		stop()
		<-driven
		_ = f.Close()
	})
	dir := t.TempDir()
	config := filepath.Join(dir, "kubeconfig")
	if err := f.WriteKubeconfig(config); err != nil {
		t.Fatal(err)
	}
	return &kubectl{t: t, program: program, dir: dir, environ: append(environment(), "KUBECONFIG="+config, "HOME="+dir)}
}

// asks runs one command line and returns what it writes on both streams, and whether it ended well.
func (k *kubectl) asks(line string, more ...string) (string, bool) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, k.program, append(strings.Fields(line), more...)...)
	cmd.Env, cmd.Dir = k.environ, k.dir
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		k.t.Fatalf("kubectl %s did not end:\n%s", line, out)
	}
	return string(out), err == nil
}

// says runs a command line that must end well, and wants its answer to match some patterns.
func (k *kubectl) says(line string, patterns ...string) string {
	k.t.Helper()
	return k.wants(true, line, nil, patterns...)
}

// refuses runs a command line that must fail.
func (k *kubectl) refuses(line string, patterns ...string) string {
	k.t.Helper()
	return k.wants(false, line, nil, patterns...)
}

func (k *kubectl) wants(well bool, line string, more []string, patterns ...string) string {
	k.t.Helper()
	out, ok := k.asks(line, more...)
	if ok != well {
		k.t.Errorf("kubectl %s %v ended well: %v\n%s", line, more, ok, out)
	}
	for _, p := range patterns {
		if !regexp.MustCompile("(?m)" + p).MatchString(out) {
			k.t.Errorf("kubectl %s %v does not say %q:\n%s", line, more, p, out)
		}
	}
	return out
}

// file writes a manifest.
func (k *kubectl) file(name, text string) {
	k.t.Helper()
	if err := os.WriteFile(filepath.Join(k.dir, name), []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// TestKubectl drives the simulator's API by what people type.
func TestKubectl(t *testing.T) {
	t.Parallel()
	k := simulated(t)
	for _, part := range []struct {
		name string
		do   func(*kubectl)
	}{
		{"reads", (*kubectl).reads}, {"describes", (*kubectl).describes}, {"explains", (*kubectl).explains},
		{"watches", (*kubectl).watches}, {"logs", (*kubectl).logs}, {"patches", (*kubectl).patches}, {"applies", (*kubectl).applies},
		{"rolls", (*kubectl).rolls}, {"stands still", (*kubectl).standsStill}, {"rolls ordinals", (*kubectl).rollsOrdinals},
		{"drains", (*kubectl).drains}, {"is refused", (*kubectl).isRefused},
	} {
		t.Run(part.name, func(t *testing.T) {
			one := *k
			one.t = t
			part.do(&one)
		})
	}
}

func (k *kubectl) reads() {
	k.says("version", `^Server Version: v1\.36`)
	k.says("get pods", `^NAME +READY +STATUS +RESTARTS +AGE$`, `^b200-a-r1 +1/1 +Running +0 +2d`)
	k.says("get pods -o wide", `^NAME .* IP +NODE +NOMINATED NODE +READINESS GATES$`, `^b200-a-r1 .* 10\.\S+ +b200-a-01 +<none> +<none>$`)
	k.says("get pods -A -l app=litellm", `^NAMESPACE +NAME`, `^gateway +gw-1 +1/1 +Running`)
	out := k.says("get pods -A --field-selector spec.nodeName=b200-a-01", `b200-a-r1`)
	if strings.Contains(out, "b200-a-r2") {
		k.t.Errorf("a pod of another node:\n%s", out)
	}
	k.says("get nodes -o wide", `^b200-a-01 +Ready +<none> +61d +v1\.36\S* +10\.\S+ +<none> +Ubuntu`)
	k.says("get deploy,sts,rs,svc,hpa,pdb,ds -A", `deployment\.apps/b200-a +3/3 +3 +3`, `statefulset\.apps/h100-b +4/4`,
		`horizontalpodautoscaler\.autoscaling/litellm +Deployment/litellm`, `poddisruptionbudget\.policy/b200-a +N/A +1 +1`)
	k.says("get all", `^pod/b200-a-r1`, `^deployment\.apps/b200-a`)
	k.says("get pod b200-a-r1 -o json", `"kind": "Pod"`, `"nvidia.com/gpu": "8"`)
	k.says("get pod b200-a-r1 -o yaml", `^kind: Pod$`)
	k.says("get pods -o jsonpath={.items[0].metadata.name}", `^b200-a-r1$`)
	k.says("api-resources", `^deployments +deploy +apps/v1 +true +Deployment$`)
	k.says("auth can-i delete pods", `^yes$`)
	k.refuses("auth can-i delete pods --context kube-fra1-view", `^no$`)
	k.refuses("auth can-i delete pods --as demo-viewer", `^no$`)
	k.says("auth whoami", `demo-admin`)
	k.says("get --raw /api/v1/namespaces/serving/pods/b200-a-r1:8000/proxy/metrics", `^vllm:num_requests_running`)
}

func (k *kubectl) describes() {
	k.says("describe pod b200-a-r1", `^Controlled By: +ReplicaSet/b200-a-`, `^QoS Class: +BestEffort$`, `Port: +8000/TCP \(http\)`)
	k.says("describe node b200-a-01", `nvidia\.com/gpu +8 +8$`, `b200-a-r1`, `^ +Machine ID: +\S+`)
	k.says("describe deployment b200-a", `^Replicas: +3 desired \| 3 updated \| 3 total \| 3 available \| 0 unavailable`,
		`Progressing +True +NewReplicaSetAvailable`)
	k.says("describe sts h100-b", `^Pods Status: +4 Running / 0 Waiting`)
}

func (k *kubectl) explains() {
	k.says("explain deployment.spec.strategy", `^KIND: +Deployment$`, `rollingUpdate\s+<RollingUpdateDeployment>`)
	k.says("explain pod.spec.containers.ports", `^FIELD: ports <\[\]ContainerPort>$`, `containerPort\s+<integer> -required-`)
	k.says("explain lws", `^KIND: +LeaderWorkerSet$`)
	k.refuses("explain deployment.spec.nothing", `field "nothing" does not exist`)
}

// watches lets kubectl follow the pods of a pool until one was deleted and its successor serves.
func (k *kubectl) watches() {
	ctx, stop := context.WithTimeout(k.t.Context(), 90*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, k.program, "get", "pods", "-w", "-l", "app=b200-a")
	cmd.Env, cmd.Dir = k.environ, k.dir
	r := &running{cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = r, r
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	defer func() { stop(); _ = cmd.Wait() }()
	k.sees(ctx, r, `^b200-a-r2 +1/1 +Running +0 +2d`)
	k.says("delete pod b200-a-r2 --wait=false", `^pod "b200-a-r2" deleted`)
	k.sees(ctx, r, `^b200-a-r2 +0/1 +Terminating`)
	k.sees(ctx, r, `^b200-a-r\d +1/1 +Running +0 +\d+[sm]`)
	if n := strings.Count(r.output(), "NAME "); n != 1 {
		k.t.Errorf("the head of the table stands there %d times:\n%s", n, r.output())
	}
}

func (k *kubectl) sees(ctx context.Context, r *running, pattern string) {
	k.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !regexp.MustCompile("(?m)" + pattern).MatchString(r.output()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			k.t.Fatalf("never seen: %s\n%s", pattern, r.output())
		}
	}
}

func (k *kubectl) logs() {
	if out := k.says("logs b200-a-r1 --tail=3", `Running: \d+ reqs`); strings.Count(out, "\n") != 3 {
		k.t.Errorf("%q", out)
	}
	k.says("logs b200-a-r1 -c vllm --tail=1 --timestamps", `^\d{4}-\d\d-\d\dT\S+Z Engine`)
	k.says("logs deploy/b200-a --tail=1", `using pod/b200-a-r`)
	k.refuses("logs b200-a-r1 --previous", `previous terminated container "vllm" in pod "b200-a-r1" not found`)
	k.refuses("logs b200-a-r1 -c other", `container other is not valid for pod b200-a-r1`)
	ctx, stop := context.WithTimeout(k.t.Context(), time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, k.program, "logs", "-f", "b200-a-r1", "--tail=1")
	cmd.Env, cmd.Dir = k.environ, k.dir
	r := &running{cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = r, r
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	defer func() { stop(); _ = cmd.Wait() }()
	k.sees(ctx, r, `^Engine .*\n(.*\n)*Engine `)
}

func (k *kubectl) patches() {
	patch := func(kind, body string) {
		k.t.Helper()
		k.wants(true, "patch deploy b200-a --type="+kind+" -p", []string{body}, `^deployment\.apps/b200-a patched$`)
	}
	patch("strategic", `{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":30}},"minReadySeconds":1}}`)
	patch("merge", `{"spec":{"minReadySeconds":0}}`)
	patch("json", `[{"op":"test","path":"/spec/replicas","value":3},{"op":"add","path":"/metadata/labels/tier","value":"gold"}]`)
	k.wants(false, "patch deploy b200-a --type=json -p", []string{`[{"op":"test","path":"/spec/replicas","value":9}]`},
		`the server rejected our request|testing value /spec/replicas failed`)
	k.says("annotate deploy b200-a owner=team-a", `annotated$`)
	k.says("label pod b200-a-r1 watched=yes", `labeled$`)
	k.says("get pods -l watched=yes", `^b200-a-r1`)
	k.says("label pod b200-a-r1 watched-", `unlabeled$`)
	k.says("taint node b200-a-01 a=b:NoSchedule", `tainted$`)
	k.says("taint node b200-a-01 a-", `untainted$`)
	k.says("cordon b200-a-01", `cordoned$`)
	k.says("get node b200-a-01", `Ready,SchedulingDisabled`)
	k.says("uncordon b200-a-01", `uncordoned$`)
	k.says("scale deploy/b200-a --replicas=2 --current-replicas=3", `scaled$`)
	k.says("rollout status deploy/b200-a", `successfully rolled out$`)
	k.says("scale deploy/b200-a --replicas=3", `scaled$`)
	k.says("rollout status deploy/b200-a", `successfully rolled out$`)
}

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: b200-a, namespace: serving, labels: {applied: "%"}}
`

func (k *kubectl) applies() {
	k.file("a.yaml", strings.ReplaceAll(manifest, "%", "yes"))
	k.file("b.yaml", strings.ReplaceAll(manifest, "%", "no"))
	k.file("typo.yaml", manifest+"spec: {replicaCount: 2}\n")
	k.says("apply -f a.yaml", `configured$`)
	k.says("apply -f a.yaml", `unchanged$`)
	k.says("diff -f a.yaml")
	k.refuses("diff -f b.yaml", `applied: "no"`)
	k.says("apply --server-side -f a.yaml --field-manager one", `serverside-applied$`)
	k.refuses("apply --server-side -f b.yaml --field-manager two", `conflict with "one"`, `\.metadata\.labels\.applied`)
	k.says("apply --server-side -f b.yaml --field-manager two --force-conflicts", `serverside-applied$`)
	k.says("get deploy b200-a -o yaml --show-managed-fields", `manager: two`, `operation: Apply`)
	k.refuses("apply -f typo.yaml", `unknown field "spec.replicaCount"`)
	k.refuses("apply --server-side -f typo.yaml --field-manager one", `\.spec\.replicaCount: field not declared in schema`)
}

func (k *kubectl) rolls() {
	k.says("annotate deploy b200-a kubernetes.io/change-cause=first", `annotated$`)
	k.wants(true, "patch deploy b200-a -p", []string{`{"spec":{"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":0}}}}`})
	k.says("set image deploy/b200-a vllm=vllm/vllm-openai:v0.33.0", `image updated$`)
	k.says("annotate deploy b200-a kubernetes.io/change-cause=second --overwrite", `annotated$`)
	k.says("rollout pause deploy/b200-a", `paused$`)
	k.refuses("rollout restart deploy/b200-a", `can't restart paused deployment`)
	k.says("rollout resume deploy/b200-a", `resumed$`)
	k.says("rollout status deploy/b200-a --timeout=90s", `Waiting for deployment "b200-a" rollout to finish`, `successfully rolled out$`)
	k.says("rollout history deploy/b200-a", `^1 +first$`, `^2 +second$`)
	k.says("rollout history deploy/b200-a --revision=2", `Image:\s+vllm/vllm-openai:v0\.33\.0`)
	k.says("rollout undo deploy/b200-a", `rolled back$`)
	k.says("rollout status deploy/b200-a --timeout=90s", `successfully rolled out$`)
	k.says("rollout restart deploy/b200-a", `restarted$`)
	k.says("rollout status deploy/b200-a --timeout=90s", `successfully rolled out$`)
	k.says("get rs -l app=b200-a", `^b200-a-\S+ +3 +3 +3`, `^b200-a-\S+ +0 +0 +0`)
	k.says("get events --field-selector involvedObject.kind=Deployment", `Scaled up replica set b200-a-\S+ from 0 to 1`)
}

// standsStill rolls to what cannot come up, in two ways, and goes back.
func (k *kubectl) standsStill() {
	k.wants(true, "patch deploy b200-a -p", []string{`{"spec":{"progressDeadlineSeconds":60}}`})
	k.says("set image deploy/b200-a vllm=vllm/vllm-openai:no-such-tag", `image updated$`)
	k.refuses("rollout status deploy/b200-a --timeout=60s", `exceeded its progress deadline`)
	k.says("get pods", `(ErrImagePull|ImagePullBackOff)`)
	k.says("get events", `Failed to pull image "vllm/vllm-openai:no-such-tag"`)
	k.says("rollout undo deploy/b200-a", `rolled back$`)
	k.says("rollout status deploy/b200-a --timeout=90s", `successfully rolled out$`)
	k.wants(true, "set resources deploy/b200-a --limits=nvidia.com/gpu=16 --requests=nvidia.com/gpu=16", nil, `resource requirements updated$`)
	k.refuses("rollout status deploy/b200-a --timeout=60s", `exceeded its progress deadline`)
	k.says("get events", `FailedScheduling .* 0/\d+ nodes are available: .*Insufficient nvidia\.com/gpu.*preemption: 0/`)
	k.says("rollout undo deploy/b200-a", `rolled back$`)
	k.says("rollout status deploy/b200-a --timeout=90s", `successfully rolled out$`)
}

func (k *kubectl) rollsOrdinals() {
	k.wants(true, "patch sts h100-b -p", []string{`{"spec":{"updateStrategy":{"rollingUpdate":{"partition":3}}}}`})
	k.says("set image sts/h100-b sglang=lmsysorg/sglang:v0.5.7", `image updated$`)
	k.says("rollout status sts/h100-b --timeout=90s", `partitioned roll out complete: 1 new pods have been updated`)
	k.says("rollout history sts/h100-b", `^1 `, `^2 `)
	k.says("get pod h100-b-3 -o jsonpath={.spec.containers[0].image}", `v0\.5\.7$`)
	k.says("rollout undo sts/h100-b", `rolled back$`)
	k.wants(true, "patch sts h100-b -p", []string{`{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}`})
	k.says("rollout status sts/h100-b --timeout=90s", `complete`)
	k.says("scale sts/h100-b --replicas=3", `scaled$`)
}

// drains evicts: a budget lets one engine go and refuses the next until its successor serves.
func (k *kubectl) drains() {
	node := k.says("get pods -l app=b200-a -o jsonpath={.items[0].spec.nodeName}", `^b200-a-0\d$`)
	k.wants(true, "patch pdb b200-a --type=merge -p", []string{`{"spec":{"maxUnavailable":0}}`})
	k.refuses("drain "+node+" --ignore-daemonsets --delete-emptydir-data --timeout=8s",
		`Cannot evict pod as it would violate the pod's disruption budget`)
	k.wants(true, "patch pdb b200-a --type=merge -p", []string{`{"spec":{"maxUnavailable":1}}`})
	k.refuses("drain "+node+" --ignore-daemonsets --timeout=8s", `local storage`)
	k.says("drain "+node+" --ignore-daemonsets --delete-emptydir-data --timeout=60s --dry-run=server", `\(server dry run\)`)
	k.says("drain "+node+" --ignore-daemonsets --delete-emptydir-data --timeout=60s", `evicting pod serving/b200-a-r`, `drained$`)
	k.says("uncordon "+node, `uncordoned$`)
}

func (k *kubectl) isRefused() {
	k.refuses("create deployment other --image=nginx", `the embedded fleet keeps the nodes and workloads that it was started with`)
	k.refuses("delete deployment b200-a", `is forbidden: the embedded fleet keeps`)
	k.refuses("delete pod b200-a-r1 --context kube-fra1-view", `User "demo-viewer" cannot delete resource "pods"`)
	k.refuses("get pods -A --context kube-fra1-serving", `at the cluster scope`)
	k.refuses("get widgets", `the server doesn't have a resource type "widgets"`)
	k.refuses("get pod there-is-no-such", `pods "there-is-no-such" not found`)
	if out, _ := k.asks("top pods"); !bytes.Contains([]byte(out), []byte("Metrics API not available")) {
		k.t.Errorf("%s", out)
	}
}
