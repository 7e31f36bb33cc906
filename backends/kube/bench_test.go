package kube

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func one(n int64) *resource.Quantity { return resource.NewQuantity(n, resource.DecimalSI) }

func name(i int) string { return fmt.Sprintf("chat-%05d", i) }

// servingPod looks like what a model server's Deployment makes; i of ten make one Deployment.
func servingPod(i int) *corev1.Pod {
	control := true
	set := fmt.Sprintf("chat-%d", i/10)
	p := pod("llm", fmt.Sprintf("%s-7d9f8c6b5-%05d", set, i), func(p *corev1.Pod) {
		p.UID = types.UID("0f1e2d3c-aaaa-bbbb-cccc-0000000" + fmt.Sprintf("%05d", i))
		p.Labels = map[string]string{"app": set, "pod-template-hash": "7d9f8c6b5", "app.kubernetes.io/name": "vllm", "model": "llama-70b"}
		p.OwnerReferences = []metav1.OwnerReference{{Kind: "ReplicaSet", Name: set + "-7d9f8c6b5", Controller: &control}}
		p.Spec.NodeName = fmt.Sprintf("gpu-%03d", i%500)
		p.Status.PodIP = fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)
		c := &p.Spec.Containers[0]
		c.Ports = []corev1.ContainerPort{{Name: "http", ContainerPort: 8000}}
		c.Args = []string{"serve", "/models/llama-70b", "--served-model-name", "llama-70b", "--tensor-parallel-size", "4"}
		c.Resources.Limits = corev1.ResourceList{"nvidia.com/gpu": *one(1)}
		for n := range 20 {
			c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%d", n), Value: strings.Repeat("x", 40)})
		}
	})
	return p
}

// fullWorld holds n pods.
func fullWorld(n int) *world {
	w, words := newWorld("c"), newWords()
	for i := range n {
		w.putPod(podRow(servingPod(i), "c", words), start)
	}
	return w
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkHeapOf10000Pods reports what the rows of 10,000 pods hold.
func BenchmarkHeapOf10000Pods(b *testing.B) {
	for b.Loop() {
		before := heap()
		w := fullWorld(10_000)
		after := heap()
		b.ReportMetric(float64(after-before)/(1<<20), "MiB")
		b.ReportMetric(float64(after-before)/10_000, "B/pod")
		runtime.KeepAlive(w)
	}
}

// BenchmarkOneChangeOf10000Pods takes one change of a pod and builds the cluster for it.
func BenchmarkOneChangeOf10000Pods(b *testing.B) {
	w, words := fullWorld(10_000), newWords()
	w.build()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		p := podRow(servingPod(i%10_000), "c", words)
		p.Restarts = i
		w.putPod(p, start)
		w.build()
	}
}

// BenchmarkPodRow turns one object into a row.
func BenchmarkPodRow(b *testing.B) {
	words, p := newWords(), servingPod(7)
	b.ReportAllocs()
	for b.Loop() {
		podRow(p, "c", words)
	}
}
