package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// ready is how long a whole control plane may take to start; it takes about 6 s on two idle cores.
const ready = 2 * time.Minute

// Options choose what a cluster has.
type Options struct {
	// Namespace is made at once, and is the only one that the scoped user sees; empty is "serving".
	Namespace string
	// Log is what each container has written, line by line.
	Log []string
	// Audit makes the API server note each request in audit.log of Dir, one JSON object a line.
	Audit bool
}

// Cluster is a running control plane.
type Cluster struct {
	Dir       string // all files, removed by Close
	URL       string // of the API server
	CA        []byte // PEM of the authority of its certificate
	Namespace string
	// Admin may do everything. Viewer reads all but secrets, everywhere, with logs and GETs through the proxy.
	// Scoped reads the same in Namespace alone. Nobody may do nothing beyond discovery and access reviews, and so may
	// Operator, of the group "operators", until somebody grants these more.
	Admin, Viewer, Scoped, Nobody, Operator User
	// Client is the administrator's.
	Client *kubernetes.Clientset

	system    User
	programs  string
	options   Options
	egress    *egress
	etcd      string // its address
	port      int    // of the API server
	server    *Process
	processes []*Process
}

// StartCluster starts etcd, API server, controllers, scheduler and KWOK, and comes back when all of them work. The
// cluster has no nodes yet.
func StartCluster(ctx context.Context, o Options) (*Cluster, error) {
	programs, err := program(ClusterVariable, "folder with the programs of a control plane")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pitwall-bed-") // not a test's own folder: the path of a socket has room for 107 bytes
	if err != nil {
		return nil, err
	}
	c := &Cluster{Dir: dir, Namespace: o.Namespace, options: o, programs: programs}
	if c.Namespace == "" {
		c.Namespace = "serving"
	}
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	if err := c.start(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close stops all servers, the youngest first, and removes their files.
func (c *Cluster) Close() {
	for i := len(c.processes) - 1; i >= 0; i-- {
		c.processes[i].stop()
	}
	c.egress.close()
	_ = os.RemoveAll(c.Dir)
}

// Tails are the ends of all logs, for a test that failed.
func (c *Cluster) Tails(size int) string {
	var all string
	for _, p := range c.processes {
		all += p.Tail(size) + "\n"
	}
	return all
}

// Config is client-go's way in as a user, without its own limit of requests.
func (c *Cluster) Config(u User) *rest.Config {
	return &rest.Config{Host: c.URL, BearerToken: u.Token, QPS: -1, TLSClientConfig: rest.TLSClientConfig{CAData: c.CA},
		WarningHandler: rest.NoWarnings{}, ContentConfig: rest.ContentConfig{
			ContentType: "application/vnd.kubernetes.protobuf", AcceptContentTypes: "application/vnd.kubernetes.protobuf,application/json"}}
}

// Route lets the API server find an address of the cluster on this machine: from is "IP:PORT" of a pod, or "*:PORT"
// for the port on any address, to is "127.0.0.1:PORT".
func (c *Cluster) Route(from, to string) { c.egress.route(from, to) }

func (c *Cluster) start(ctx context.Context) error {
	ports, err := FreePorts(ctx, 4)
	if err != nil {
		return err
	}
	c.port, c.URL = ports[2], url("https", ports[2])
	c.etcd = url("http", ports[0])
	if err := c.prepare(ctx); err != nil {
		return err
	}
	if err := c.startEtcd(ctx, url("http", ports[1])); err != nil {
		return err
	}
	if err := c.startServer(ctx); err != nil {
		return err
	}
	if c.Client, err = kubernetes.NewForConfig(c.Config(c.Admin)); err != nil {
		return err
	}
	_, err = c.Client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: c.Namespace}},
		metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := c.grant(ctx); err != nil {
		return err
	}
	if err := c.startControllers(ctx, ports[3]); err != nil {
		return err
	}
	return c.server.await(ctx, "knew its users", c.granted)
}

// prepare writes what the servers read.
func (c *Cluster) prepare(ctx context.Context) error {
	authority, err := newIdentity("bed", nil)
	if err != nil {
		return err
	}
	c.CA = authority.cert
	server, err := newIdentity("server", authority)
	if err != nil {
		return err
	}
	accounts, err := newIdentity("accounts", nil) // signs the tokens of service accounts
	if err != nil {
		return err
	}
	c.egress, err = newEgress(ctx, c.Dir)
	return errors.Join(err, authority.write(c.Dir, "ca"), server.write(c.Dir, "server"), accounts.write(c.Dir, "accounts"),
		c.writeUsers(), c.writeKwok(c.options.Log), c.writeAudit())
}

// run starts one of the programs of the control plane.
func (c *Cluster) run(name string, args ...string) (*Process, error) {
	p, err := start(c.Dir, name, filepath.Join(c.programs, name), args...)
	if err != nil {
		return nil, err
	}
	c.processes = append(c.processes, p)
	return p, nil
}

// StopServer takes the API server away at once, as a crash does; everything else stays. StartServer brings it back at the same address.
func (c *Cluster) StopServer() {
	c.server.stop()
	c.processes = slices.DeleteFunc(c.processes, func(p *Process) bool { return p == c.server })
}

// StartServer starts the API server after StopServer, and waits until it is ready.
func (c *Cluster) StartServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	return c.startServer(ctx)
}

// HangServer lets the API server answer nothing any more and keep its connections, until it is told to go on.
func (c *Cluster) HangServer() (goOn func() error, err error) {
	p := c.server.cmd.Process
	return func() error { return p.Signal(syscall.SIGCONT) }, p.Signal(syscall.SIGSTOP)
}

// Forget drops all versions before now from the store, and restarts the API server, which remembers some of them too.
func (c *Cluster) Forget(ctx context.Context) error {
	if err := compact(ctx, c.etcd); err != nil {
		return err
	}
	c.StopServer()
	return c.StartServer(ctx)
}

func (c *Cluster) file(name string) string { return filepath.Join(c.Dir, name) }

// writeKwok puts what nodes and pods do beside what containers have written.
func (c *Cluster) writeKwok(log []string) error {
	stages, err := os.ReadFile(filepath.Join(c.programs, "stages.yaml"))
	if err != nil {
		return err
	}
	written := time.Now().Add(-time.Duration(len(log)) * time.Second).UTC()
	var lines []byte
	for i, line := range log { // as container runtimes write it
		lines = fmt.Appendf(lines, "%s stdout F %s\n", written.Add(time.Duration(i)*time.Second).Format(time.RFC3339Nano), line)
	}
	stages = fmt.Appendf(append(stages, brokenPods+slowPods()...), `apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: {name: all}
spec:
  logs:
  - logsFile: %q
---
apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options: # all that are not zero, since they take the place of its defaults; four pods at once wait for the API server in turn
  enableDebuggingHandlers: true
  enablePodsOnNodeSyncListPager: true
  podPlayStageParallelism: 16
  nodePlayStageParallelism: 16
  nodeLeaseParallelism: 4
  podsOnNodeSyncParallelism: 1
`, c.file("container.log"))
	return errors.Join(os.WriteFile(c.file("container.log"), lines, 0o600), os.WriteFile(c.file("kwok.yaml"), stages, 0o600))
}

func (c *Cluster) writeAudit() error {
	return os.WriteFile(c.file("audit.yaml"), []byte(`apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
`), 0o600)
}
