package servers

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// KubeletPort is the port of the kubelet that KWOK plays on the address of any node: it answers with logs.
const KubeletPort = 10250

func (c *Cluster) startEtcd(ctx context.Context, peer string) error {
	p, err := c.run("etcd", "--data-dir="+c.file("etcd"), "--unsafe-no-fsync", // nothing here has to outlive the machine
		"--listen-client-urls="+c.etcd, "--advertise-client-urls="+c.etcd,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer,
		"--quota-backend-bytes=4294967296", "--log-level=warn")
	if err != nil {
		return err
	}
	return p.await(ctx, "was healthy", func(ctx context.Context) error { return get(ctx, c.etcd+"/health") })
}

func (c *Cluster) startServer(ctx context.Context) error {
	args := []string{"--etcd-servers=" + c.etcd, "--bind-address=" + loopback, "--secure-port=" + strconv.Itoa(c.port),
		"--advertise-address=" + loopback, "--endpoint-reconciler-type=none", "--cert-dir=" + c.Dir,
		"--tls-cert-file=" + c.file("server.crt"), "--tls-private-key-file=" + c.file("server.key"),
		"--service-account-issuer=https://bed.invalid", "--service-account-key-file=" + c.file("accounts.crt"),
		"--service-account-signing-key-file=" + c.file("accounts.key"), "--service-cluster-ip-range=10.32.0.0/16",
		"--token-auth-file=" + c.file("tokens.csv"), "--authorization-mode=RBAC",
		// Pods need no account here, and a node that is played is not tainted as unready until somebody looks after it.
		"--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
		"--egress-selector-config-file=" + c.file("egress.yaml"), "--kubelet-preferred-address-types=InternalIP", "--profiling=false"}
	if c.options.Audit {
		args = append(args, "--audit-policy-file="+c.file("audit.yaml"), "--audit-log-path="+c.file("audit.log"))
	}
	p, err := c.run("kube-apiserver", args...)
	if err != nil {
		return err
	}
	c.server = p
	client, err := c.httpClient()
	if err != nil {
		return err
	}
	return p.await(ctx, "was ready", func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+"/readyz", http.NoBody)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+c.Admin.Token)
		return fetch(client, req)
	})
}

func (c *Cluster) startControllers(ctx context.Context, kubelet int) error {
	config := "--kubeconfig=" + c.system.Kubeconfig
	if _, err := c.run("kube-controller-manager", config, "--leader-elect=false", "--secure-port=0", "--profiling=false",
		"--controllers=deployment-controller,replicaset-controller,statefulset-controller,daemonset-controller,job-controller,"+
			"horizontal-pod-autoscaler-controller,disruption-controller,garbage-collector-controller,namespace-controller,resourcequota-controller",
		"--kube-api-qps=500", "--kube-api-burst=1000", "--concurrent-deployment-syncs=5", "--concurrent-replicaset-syncs=10"); err != nil {
		return err
	}
	if _, err := c.run("kube-scheduler", config, "--leader-elect=false", "--secure-port=0", "--profiling=false",
		"--kube-api-qps=500", "--kube-api-burst=1000"); err != nil {
		return err
	}
	address := fmt.Sprintf("%s:%d", loopback, kubelet)
	c.Route(fmt.Sprintf("*:%d", KubeletPort), address)
	kwok, err := c.run("kwok", config, "--config="+c.file("kwok.yaml"), "--v=WARN", "--manage-all-nodes=true",
		"--node-lease-duration-seconds=40", "--cidr=10.128.0.1/16", "--node-ip=10.64.0.1", "--node-port="+strconv.Itoa(KubeletPort),
		"--server-address="+address, "--tls-cert-file="+c.file("server.crt"), "--tls-private-key-file="+c.file("server.key"))
	if err != nil {
		return err
	}
	if err := kwok.await(ctx, "was healthy", func(ctx context.Context) error { return get(ctx, "http://"+address+"/healthz") }); err != nil {
		return err
	}
	return nil // the others have nothing to be asked: they work when what is made becomes ready
}

// httpClient trusts the API server's certificate.
func (c *Cluster) httpClient() (*http.Client, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(c.CA) {
		return nil, errors.New("the authority's certificate is no PEM")
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}, nil
}

// get wants a good answer of a plain page.
func get(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	return fetch(http.DefaultClient, req)
}

func fetch(client *http.Client, req *http.Request) error {
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %.500s", req.URL, res.Status, body)
	}
	return err
}

// compact asks etcd through its JSON gateway for its newest revision, and to forget all before that.
func compact(ctx context.Context, etcd string) error {
	var state struct {
		Header struct{ Revision string }
	}
	key := base64.StdEncoding.EncodeToString([]byte("/"))
	if err := post(ctx, etcd+"/v3/kv/range", map[string]any{"key": key}, &state); err != nil {
		return err
	}
	return post(ctx, etcd+"/v3/kv/compaction", map[string]any{"revision": state.Header.Revision, "physical": true}, nil)
}

func post(ctx context.Context, address string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json") // Alertmanager refuses what does not say so
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %.500s", address, res.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
