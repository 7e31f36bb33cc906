package kube

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	authv1 "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"pitwall/fleet"
)

// Limits of one run of a credential plugin.
const (
	pluginTimeout   = 20 * time.Second
	maxPluginOutput = 1 << 20
	pluginHeadroom  = 10 * time.Second // a credential is renewed so long before it expires
)

// plugin runs the exec credential plugin of a kubeconfig. client-go's own runner gives the child the terminal as
// standard error, waits for it without a limit and holds every request of the cluster meanwhile; this one gives it no
// terminal at all, kills it with its children at the deadline, and keeps what it says for the log.
type plugin struct {
	exec  *clientcmdapi.ExecConfig
	info  string // KUBERNETES_EXEC_INFO
	clock fleet.Clock
	log   *slog.Logger
	// renewed is called when the client certificate changes: connections made with the old one must go.
	renewed func()

	turn chan struct{} // holds one token: who has it may run the program
	cred *credential
}

func newPlugin(config *rest.Config, deps fleet.Deps, log *slog.Logger) (*plugin, error) {
	e := config.ExecProvider
	switch e.APIVersion {
	case "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1":
	default:
		return nil, fmt.Errorf("the credential plugin %s speaks %q: v1 and v1beta1 are spoken here", filepath.Base(e.Command), e.APIVersion)
	}
	if e.InteractiveMode == clientcmdapi.AlwaysExecInteractiveMode {
		return nil, fmt.Errorf("the credential plugin %s wants to ask questions, and the console has the terminal: "+
			"sign in with it once before", filepath.Base(e.Command))
	}
	info, err := execInfo(config)
	if err != nil {
		return nil, err
	}
	p := &plugin{exec: e, info: info, clock: deps.Clock, log: log, renewed: func() {}, turn: make(chan struct{}, 1)}
	p.turn <- struct{}{}
	return p, nil
}

// execInfo is what the plugin is told, in the version that it asked for; v1 and v1beta1 are written alike.
func execInfo(config *rest.Config) (string, error) {
	var cred authv1.ExecCredential
	cred.Kind, cred.APIVersion = "ExecCredential", config.ExecProvider.APIVersion
	if config.ExecProvider.ProvideClusterInfo {
		c, err := rest.ConfigToExecCluster(config)
		if err != nil {
			return "", err
		}
		cred.Spec.Cluster = &authv1.Cluster{
			Server: c.Server, TLSServerName: c.TLSServerName, InsecureSkipTLSVerify: c.InsecureSkipTLSVerify,
			CertificateAuthorityData: c.CertificateAuthorityData, ProxyURL: c.ProxyURL,
			DisableCompression: c.DisableCompression, Config: runtime.RawExtension{Object: c.Config},
		}
	}
	b, err := json.Marshal(cred)
	return string(b), err
}

// get returns a credential that still holds, running the plugin where there is none.
func (p *plugin) get(ctx context.Context) (*credential, error) {
	if err := p.take(ctx); err != nil {
		return nil, err
	}
	defer p.give()
	if p.cred != nil && p.cred.holds(p.clock.Now()) {
		return p.cred, nil
	}
	return p.renew(ctx)
}

// refused is told that a credential was not accepted: the next request asks the plugin for another one.
func (p *plugin) refused(ctx context.Context, c *credential) {
	if p.take(ctx) != nil {
		return
	}
	defer p.give()
	if p.cred == c {
		p.cred = nil
	}
}

func (p *plugin) take(ctx context.Context) error {
	select {
	case <-p.turn:
		return nil
	case <-ctx.Done():
		return p.failure(errors.New("it has not answered yet"))
	}
}

func (p *plugin) give() { p.turn <- struct{}{} }

// renew runs the plugin. Its turn is held.
func (p *plugin) renew(ctx context.Context) (*credential, error) {
	out, err := p.run(ctx)
	if err != nil {
		return nil, p.failure(err)
	}
	c, err := parseCredential(out, p.exec.APIVersion)
	if err != nil {
		return nil, p.failure(err)
	}
	if p.cred != nil && p.cred.cert != nil {
		p.renewed()
	}
	c.got = p.clock.Now()
	p.cred = c
	return c, nil
}

func (p *plugin) failure(err error) error {
	name := filepath.Base(p.exec.Command) // also beside its cause alone it must be named
	return &fleet.Error{Kind: fleet.KindAuth, Op: "ask for a credential", Err: fmt.Errorf("the plugin %s: %w", name, err),
		Next: "nothing was sent; it is asked again"}
}

// run starts the program without a terminal: in a session of its own it cannot even open the controlling one.
func (p *plugin) run(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, pluginTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.exec.Command, p.exec.Args...) //nolint:gosec // the operator's own kubeconfig names it
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	cmd.Env = os.Environ()
	for _, e := range p.exec.Env {
		cmd.Env = append(cmd.Env, e.Name+"="+e.Value)
	}
	cmd.Env = append(cmd.Env, "KUBERNETES_EXEC_INFO="+p.info)
	stdout, stderr := &capped{most: maxPluginOutput}, &capped{most: 16 << 10}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err := cmd.Run()
	said := lastLine(stderr.buf.String())
	if said != "" {
		p.log.Info("credential plugin said something", "plugin", filepath.Base(p.exec.Command), "last_line", said)
	}
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return nil, errors.New(strings.TrimSpace("it is not installed. " + lastLine(p.exec.InstallHint)))
	case ctx.Err() != nil:
		return nil, errors.New("it did not answer in time and was stopped")
	case err != nil && said != "":
		return nil, fmt.Errorf("it failed: %s", said)
	case err != nil:
		return nil, fmt.Errorf("it failed: %w", err)
	case stdout.over:
		return nil, errors.New("it printed more than 1 MiB")
	}
	return stdout.buf.Bytes(), nil
}

// certificate answers a TLS handshake, which has no context of its own.
func (p *plugin) certificate() (*tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(context.Background(), pluginTimeout)
	defer cancel()
	c, err := p.get(ctx)
	if err != nil {
		return nil, err
	}
	return c.cert, nil
}
