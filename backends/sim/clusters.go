package sim

import (
	"errors"
	"net"
	"os"
	"slices"
	"time"

	"pitwall/backends/sim/clusters"
	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// clusterPrefix begins the names of the endpoints that are Kubernetes API servers; the site follows.
const clusterPrefix = "kube-"

// clusterTokens open the embedded clusters, which hold nothing but the simulation.
func clusterTokens() clusters.Tokens {
	return clusters.Tokens{Admin: "pitwall-demo-admin", Viewer: "pitwall-demo-viewer", Scoped: "pitwall-demo-serving",
		Nobody: "pitwall-demo-nobody"}
}

// sites lists the sites that have pools, in the order of the pools. Each has one cluster.
func sites(s *world.Spec) []string {
	var list []string
	for i := range s.Pools {
		if site := poolSite(&s.Pools[i]); !slices.Contains(list, site) {
			list = append(list, site)
		}
	}
	return list
}

func poolSite(p *world.PoolSpec) string {
	if p.Site != "" {
		return p.Site
	}
	return siteOf(p.Name)
}

// serveClusters starts one API server for each site on the reserved listeners.
func (f *Fleet) serveClusters(s *world.Spec, held map[string]net.Listener) error {
	for i, site := range sites(s) {
		o := clusters.Options{Name: clusterPrefix + site, Site: site, World: f.world, Clock: f.options.Clock, URL: f.servers.URL,
			Tokens: clusterTokens()}
		for j := range s.Pools {
			if poolSite(&s.Pools[j]) == site {
				o.Pools = append(o.Pools, s.Pools[j].Name)
			}
		}
		if site == f.gatewaySite() {
			o.Gateways = s.Gateways
		}
		if i == 0 {
			o.Synthetic = f.options.Crowd
		}
		c, err := clusters.Serve(o, held[o.Name])
		if err != nil {
			return err
		}
		f.clusters = append(f.clusters, c)
	}
	return nil
}

func (f *Fleet) gatewaySite() string {
	if f.player != nil {
		return f.player.site
	}
	return siteFRA
}

// Clusters are the embedded Kubernetes API servers, one for each site.
func (f *Fleet) Clusters() []*clusters.Cluster { return slices.Clone(f.clusters) }

// Kubeconfig describes the embedded clusters: contexts kube-SITE for the administrator, and the same with -view,
// -serving and -nobody behind it for users with fewer rights. Errors are KindInternal.
func (f *Fleet) Kubeconfig() ([]byte, error) { return clusters.Kubeconfig(f.clusters...) }

// WriteKubeconfig writes Kubeconfig to a file that only its owner can read. Errors are KindInternal.
func (f *Fleet) WriteKubeconfig(path string) error {
	b, err := f.Kubeconfig()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return &fleet.Error{Kind: fleet.KindInternal, Op: "write the kubeconfig " + path, Err: err,
			Next: "the fleet runs; give another path"}
	}
	return nil
}

// ClusterSources are the connections to the embedded clusters by a kubeconfig that WriteKubeconfig wrote.
func (f *Fleet) ClusterSources(kubeconfig string) []fleet.SourceSpec {
	var list []fleet.SourceSpec
	for _, c := range f.clusters {
		list = append(list, fleet.SourceSpec{
			ID: fleet.SourceID("kubernetes/" + c.Name()), Kind: "kubernetes", Interval: clusterEvery,
			Subject: fleet.Subject{Cluster: fleet.ClusterID(c.Name())},
			Options: map[string]string{"context": c.Name(), "kubeconfig": kubeconfig},
		})
	}
	return list
}

// clusterEvery bounds reads of a cluster outside of its watch.
const clusterEvery = 30 * time.Second

// refreshClusters shows watchers at once what has just been done to the world.
func (f *Fleet) refreshClusters() {
	for _, c := range f.clusters {
		c.Refresh()
	}
}

func (f *Fleet) closeClusters() error {
	var errs []error
	for _, c := range f.clusters {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// clusterURL finds the address of an API server by the name of its endpoint.
func (f *Fleet) clusterURL(name string) string {
	for _, c := range f.clusters {
		if c.Name() == name {
			return c.URL()
		}
	}
	return ""
}
