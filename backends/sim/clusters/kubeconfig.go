package clusters

import (
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// Kubeconfig describes clusters as a kubeconfig file does: for each a context of its own name for the administrator,
// and NAME-view, NAME-serving and NAME-nobody for the other users. The first cluster's is the current one. The
// tokens in it open nothing but the simulation. Errors are KindInternal.
func Kubeconfig(list ...*Cluster) ([]byte, error) {
	cfg := api.NewConfig()
	for i, c := range list {
		name := c.o.Name
		cfg.Clusters[name] = &api.Cluster{Server: c.url, CertificateAuthorityData: c.ca}
		for suffix, token := range map[string]string{"": c.o.Tokens.Admin, "-view": c.o.Tokens.Viewer, "-serving": c.o.Tokens.Scoped,
			"-nobody": c.o.Tokens.Nobody} {
			if token == "" {
				continue
			}
			user := name + suffix
			cfg.AuthInfos[user] = &api.AuthInfo{Token: token}
			cfg.Contexts[user] = &api.Context{Cluster: name, AuthInfo: user, Namespace: world.Namespace}
		}
		if i == 0 {
			cfg.CurrentContext = name
		}
	}
	b, err := clientcmd.Write(*cfg)
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "write a kubeconfig", Err: err}
	}
	return b, nil
}
