package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"pitwall/test/servers"
)

const (
	rowsMost   = time.Second
	memoryMost = 100 << 20
	podMost    = 300 * time.Millisecond
	podStarts  = 3
	podChanges = 11
	podsWarm   = 20 * time.Second // until what the start left behind is collected
	podsSteady = 30 * time.Second
)

// measure starts the console several times for its first rows, and stays in the last one for the rest.
func (v *watching) measure(ctx context.Context, w *workshop, c *servers.Cluster) ([]row, error) {
	what := fmt.Sprintf("%d nodes, %d pods", v.size.Nodes, v.size.Pods())
	first := row{figure: what + ": first rows", asked: "< 1.0 s"}
	memory := row{figure: what + ": resident memory", asked: "< 100 MB"}
	steady := row{figure: what + ": steady CPU", asked: "< 3 % of a core"}
	change := row{figure: "from a pod's change in the API to the screen", asked: "< 300 ms"}
	rows := []row{first, memory, steady, change}
	t, took, err := v.start(ctx, w, c)
	if err != nil {
		return rows, err
	}
	defer t.close()
	rows[0].measured, rows[0].ok = spread(took), median(took) < rowsMost
	rows[0].how = fmt.Sprintf("%s with a new state directory, keys %q, from exec to the name of a pod, 120x40",
		strings.Join(append([]string{"pitwall"}, v.args...), " "), v.keys)
	if err := sleep(ctx, podsWarm); err != nil {
		return rows, err
	}
	if rows[2], err = v.cpu(ctx, t, rows[2]); err != nil {
		return rows, err
	}
	now, peak, err := t.memory()
	if err != nil {
		return rows, err
	}
	rows[1].measured, rows[1].ok = fmt.Sprintf("%.0f MB (peak %.0f MB)", megabytes(now), megabytes(peak)), now < memoryMost
	rows[1].how = fmt.Sprintf("VmRSS and VmHWM of the process %s after its rows", podsWarm+podsSteady)
	delays, err := v.changes(ctx, t, c)
	if err != nil {
		return rows, err
	}
	rows[3].measured, rows[3].ok = spread(delays), median(delays) < podMost
	rows[3].how = "from sending the patch of a pod's status, so with the API server's own time, to the output that shows its reason"
	return rows, nil
}

// start times the first rows, and leaves the last console open.
func (v *watching) start(ctx context.Context, w *workshop, c *servers.Cluster) (*terminal, []time.Duration, error) {
	var took []time.Duration
	for n := 1; ; n++ {
		dir, err := w.folder()
		if err != nil {
			return nil, nil, err
		}
		t, err := open(ctx, v.bin, dir, 120, 40, []string{"KUBECONFIG=" + c.Viewer.Kubeconfig}, v.args...)
		if err != nil {
			return nil, nil, err
		}
		at, err := v.toRows(ctx, t)
		if err != nil {
			t.close()
			return nil, nil, err
		}
		if took = append(took, at.Sub(t.began)); n == podStarts {
			return t, took, nil
		}
		t.close()
	}
}

// toRows opens the screen of pods and returns when it first showed one.
func (v *watching) toRows(ctx context.Context, t *terminal) (time.Time, error) {
	if v.keys != "" {
		if _, err := t.show(ctx, v.first); err != nil {
			return time.Time{}, err
		}
		if _, err := t.press(v.keys); err != nil {
			return time.Time{}, err
		}
	}
	return t.await(ctx, t.expect(v.rows.MatchString), "the name of a pod, "+v.rows.String())
}

func (v *watching) cpu(ctx context.Context, t *terminal, r row) (row, error) {
	before, err := t.cpu()
	if err != nil {
		return r, err
	}
	began := time.Now()
	bytes, pieces, err := t.written(ctx, podsSteady)
	if err != nil {
		return r, err
	}
	after, err := t.cpu()
	took := time.Since(began)
	share := 100 * float64(after-before) / float64(took)
	r.measured, r.ok = fmt.Sprintf("%.1f %%", share), share < cpuMost
	r.how = fmt.Sprintf("utime+stime over %s, begun %s after the rows, %.1f screen updates and %.0f bytes a second",
		podsSteady, podsWarm, float64(pieces)/took.Seconds(), float64(bytes)/took.Seconds())
	return r, err
}

// changes gives pods that the screen shows a state of their own and waits for its name on the screen.
func (v *watching) changes(ctx context.Context, t *terminal, c *servers.Cluster) ([]time.Duration, error) {
	var took []time.Duration
	for n := range podChanges {
		namespace, pod, err := v.visible(ctx, t, c)
		if err != nil {
			return nil, err
		}
		reason := fmt.Sprintf("Bench%02d", n)
		met := t.expect(func(screen string) bool { return strings.Contains(screen, reason) })
		sent := time.Now()
		waiting := fmt.Sprintf(`{"waiting":{"reason":%q,"message":"made by the bench"}}`, reason)
		if err := setState(ctx, c, namespace, pod, waiting, false); err != nil {
			return nil, err
		}
		at, err := t.await(ctx, met, reason+" of the pod "+pod)
		if err != nil {
			return nil, err
		}
		took = append(took, at.Sub(sent))
		running := fmt.Sprintf(`{"running":{"startedAt":%q}}`, time.Now().UTC().Format(time.RFC3339))
		if err := setState(ctx, c, namespace, pod, running, true); err != nil {
			return nil, err
		}
		gone := t.expect(func(screen string) bool { return !strings.Contains(screen, reason) })
		if _, err := t.await(ctx, gone, "the pod without "+reason); err != nil {
			return nil, err
		}
		if err := sleep(ctx, time.Duration(400+n*37)*time.Millisecond); err != nil { // not in step with any period of the console
			return nil, err
		}
	}
	return took, nil
}

// visible finds a pod of the cluster by a name on the screen.
func (v *watching) visible(ctx context.Context, t *terminal, c *servers.Cluster) (namespace, pod string, err error) {
	shown := v.rows.FindAllString(t.text(), -1)
	slices.Sort(shown)
	for _, name := range slices.Compact(shown) {
		number := regexp.MustCompile(`^model-(\d\d)-`).FindStringSubmatch(name)
		if number == nil {
			continue
		}
		i, err := strconv.Atoi(number[1])
		if err != nil {
			return "", "", err
		}
		namespace = fmt.Sprintf("team-%02d", i%v.size.Namespaces)
		if _, err := c.Client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{}); err == nil {
			return namespace, name, nil
		}
	}
	return "", "", errors.New("the screen shows no whole name of a pod:\n" + t.text())
}

// setState changes the state of a pod's container as a kubelet does.
func setState(ctx context.Context, c *servers.Cluster, namespace, pod, state string, ready bool) error {
	condition := corev1.ConditionFalse
	if ready {
		condition = corev1.ConditionTrue
	}
	body := fmt.Sprintf(`[{"op":"replace","path":"/status/containerStatuses/0/state","value":%s},
		{"op":"replace","path":"/status/containerStatuses/0/ready","value":%v},
		{"op":"replace","path":"/status/conditions","value":[{"type":"Initialized","status":"True"},{"type":"PodScheduled","status":"True"},
		{"type":"ContainersReady","status":%[3]q},{"type":"Ready","status":%[3]q}]}]`, state, ready, condition)
	_, err := c.Client.CoreV1().Pods(namespace).Patch(ctx, pod, types.JSONPatchType, []byte(body), metav1.PatchOptions{}, "status")
	return err
}

// memory is what the program has resident now, and had at most, in bytes.
func (t *terminal) memory() (now, peak int64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(b)) {
		for name, into := range map[string]*int64{"VmRSS:": &now, "VmHWM:": &peak} {
			if f := strings.Fields(line); len(f) == 3 && f[0] == name {
				if *into, err = strconv.ParseInt(f[1], 10, 64); err != nil {
					return 0, 0, err
				}
				*into *= 1024 // the kernel's kB
			}
		}
	}
	if now == 0 || peak == 0 {
		return 0, 0, errors.New("/proc/PID/status is not as expected")
	}
	return now, peak, nil
}

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }
