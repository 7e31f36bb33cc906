package kube

import (
	"context"
	"errors"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"pitwall/fleet"
	"pitwall/internal/buildinfo"
)

// Context is one entry of a kubeconfig. Its names are raw.
type Context struct {
	Name      string
	Cluster   string
	Server    string // address
	Namespace string // "" where it names none
	Current   bool
}

// Contexts lists what the kubeconfig offers, by name, from files alone. An empty path goes by KUBECONFIG, a list of
// files of which the first to name a thing wins, and then by the home directory. No file at all is an empty list.
func Contexts(kubeconfig string) ([]Context, error) {
	raw, err := loadingRules(kubeconfig).Load()
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the kubeconfig", Err: oneLine(err),
			Next: "no cluster was asked"}
	}
	list := make([]Context, 0, len(raw.Contexts))
	for name, c := range raw.Contexts {
		entry := Context{Name: name, Cluster: c.Cluster, Namespace: c.Namespace, Current: name == raw.CurrentContext}
		if cluster := raw.Clusters[c.Cluster]; cluster != nil {
			entry.Server = cluster.Server
		}
		list = append(list, entry)
	}
	slices.SortFunc(list, func(a, b Context) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func loadingRules(path string) *clientcmd.ClientConfigLoadingRules {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = path
	rules.WarnIfAllMissing = false
	rules.Warner = func(error) {}
	return rules
}

// restConfig reads how the API server is reached, from files alone, and the namespace that the context names.
func (s settings) restConfig(ctx context.Context) (*rest.Config, string, error) {
	if s.spec.URL != "" {
		return s.directConfig(ctx)
	}
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loadingRules(s.kubeconfig),
		&clientcmd.ConfigOverrides{CurrentContext: s.context})
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, "", s.badConfig(err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "", s.badConfig(err)
	}
	if config.AuthProvider != nil {
		return nil, "", s.badConfig(errors.New("the auth-provider " + config.AuthProvider.Name +
			" of the kubeconfig was removed from Kubernetes: use the exec plugin of the same vendor"))
	}
	return config, namespace, nil
}

// directConfig is a connection by address and credential of the source itself.
func (s settings) directConfig(ctx context.Context) (*rest.Config, string, error) {
	config := &rest.Config{Host: s.spec.URL, TLSClientConfig: rest.TLSClientConfig{
		Insecure: s.spec.TLS.Insecure, ServerName: s.spec.TLS.ServerName, CAFile: s.spec.TLS.CAFile,
		CertFile: s.spec.TLS.CertFile, KeyFile: s.spec.TLS.KeyFile,
	}}
	if !s.spec.Auth.IsZero() {
		secret, err := s.deps.Secret(ctx, s.spec.Auth)
		if err != nil {
			return nil, "", err
		}
		config.BearerToken = secret.Reveal()
	}
	return config, "default", nil
}

func (s settings) badConfig(err error) error {
	if clientcmd.IsEmptyConfig(err) {
		err = errors.New("there is no kubeconfig, or it has no current context")
	}
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the kubeconfig", Source: s.spec.ID, Err: oneLine(err),
		Next: "correct it, or name another file or context; it is read again"}
}

// identify sets what every request carries and how many may be sent: a console asks in bursts.
func identify(config *rest.Config) {
	config.UserAgent = "pitwall/" + buildinfo.Version()
	config.QPS, config.Burst = 50, 100
}

// oneLine flattens the text of an error that may be a list over several lines.
func oneLine(err error) error { return flattened{err} }

type flattened struct{ err error }

func (f flattened) Error() string { return strings.Join(strings.Fields(f.err.Error()), " ") }

func (f flattened) Unwrap() error { return f.err }
