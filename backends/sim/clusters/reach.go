package clusters

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/sim/kubeapi"
)

// Endpoint finds the simulated server behind a port of a pod.
func (c *Cluster) Endpoint(ref kubeapi.PodRef, port string) (string, error) {
	pod, ok := c.store.Get(kubeapi.Pods, ref.Namespace, ref.Name).(*corev1.Pod)
	if !ok {
		return "", fmt.Errorf("no such pod")
	}
	if pod.Status.PodIP == "" {
		return "", fmt.Errorf("address not allowed: the pod has none")
	}
	refused := fmt.Errorf("dial tcp %s: connect: connection refused", net.JoinHostPort(pod.Status.PodIP, port))
	if !declared(pod, port) {
		return "", refused
	}
	name := pod.Name
	if engine := c.replicaOf(pod); engine != "" {
		name = engine
	}
	if pod.Namespace == operatorNS { // an exporter answers for its node
		name = pod.Spec.NodeName
	}
	url := c.o.URL(name)
	if url == "" {
		return "", refused
	}
	return url, nil
}

func declared(pod *corev1.Pod, port string) bool {
	for _, one := range pod.Spec.Containers {
		for _, p := range one.Ports {
			if strconv.Itoa(int(p.ContainerPort)) == port || p.Name != "" && strings.EqualFold(p.Name, port) {
				return true
			}
		}
	}
	return false
}
