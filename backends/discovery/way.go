package discovery

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// Limits of reading through an API server: it carries everybody's requests.
const (
	ProxyInterval = 15 * time.Second
	ProxyTargets  = 32
	askTimeout    = 5 * time.Second
	maxPage       = 4 << 20 // bytes of a page that is only looked at
)

// Way names the pod proxy of one port of a pod.
func Way(cluster fleet.ClusterID, namespace, pod string, port int) string {
	return strings.Join([]string{"kubernetes", url.PathEscape(string(cluster)), url.PathEscape(namespace),
		url.PathEscape(pod) + ":" + strconv.Itoa(port)}, "/")
}

// asker fetches one page of one port of a pod.
type asker interface {
	proxied(ctx context.Context, p *fleet.Pod, port int, path string) ([]byte, error)
	direct(ctx context.Context, p *fleet.Pod, port int, path string) ([]byte, error)
}

// httpAsker asks over HTTP, by the API server or by the pod's own address.
type httpAsker struct {
	cluster fleet.ClusterID
	deps    fleet.Deps
}

func (a httpAsker) proxied(ctx context.Context, p *fleet.Pod, port int, path string) ([]byte, error) {
	return a.ask(ctx, "http://"+net.JoinHostPort(hostOf(p), strconv.Itoa(port)), Way(a.cluster, p.Namespace, p.Name, port), path)
}

func (a httpAsker) direct(ctx context.Context, p *fleet.Pod, port int, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second) // where there is a way it is short
	defer cancel()
	return a.ask(ctx, address(p, port), "", path)
}

func (a httpAsker) ask(ctx context.Context, base, via, path string) ([]byte, error) {
	client, err := httpx.New(httpx.Options{Source: fleet.SourceID(a.cluster), Base: base, Via: via, Deps: a.deps, MaxBody: maxPage})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	reply, err := client.Get(ctx, path, "")
	if err != nil {
		return nil, err
	}
	return reply.Body, nil
}

// hostOf is a host name for requests that a proxy routes by other means. Names of pods are DNS names where the API
// server is honest.
func hostOf(p *fleet.Pod) string {
	if strings.ContainsFunc(p.Name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	}) {
		return "pod"
	}
	return p.Name
}

func address(p *fleet.Pod, port int) string {
	return "http://" + net.JoinHostPort(p.IP, strconv.Itoa(port))
}

// sameProcess tells whether two pages come from one process. Pod addresses of different clusters overlap, so that an
// address that answers proves nothing: the start of the process, and of its series, must be there and be equal.
func sameProcess(a, b []byte) bool {
	marks := births(a)
	return len(marks) > 0 && slices.Equal(marks, births(b))
}

// births lists the lines that say when a process, or its series, began.
func births(page []byte) []string {
	var list []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "process_start_time_seconds") {
			list = append(list, strings.TrimSpace(line))
		}
	}
	slices.Sort(list)
	return list
}
