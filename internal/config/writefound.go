package config

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml"

	"pitwall/fleet"
)

// WriteFound turns what discovery found into the text of a configuration: clusters that go on being searched, and
// pools without replicas, which follow the pods of their name. notes are what was seen and not taken.
func WriteFound(inv fleet.Inventory, notes []fleet.Safe) ([]byte, error) {
	c := Context{Name: inv.Context, Env: string(inv.Env), Clusters: clustersOf(inv)}
	for _, s := range inv.Sites {
		c.Sites = append(c.Sites, Site{ID: string(s.ID), Labels: s.Labels, Fate: s.Fate})
	}
	for _, p := range inv.Pools {
		c.Pools = append(c.Pools, Pool{ID: string(p.ID), Site: string(p.Site), Engine: p.Engine, Model: string(p.Model), GPU: p.GPU,
			GPUsPerReplica: p.GPUsPerReplica, GPUHour: pointer(p.GPUHour, func(v fleet.USDPerHour) float64 { return float64(v) })})
	}
	text, err := yaml.Marshal(File{Version: Version, Current: c.Name, Contexts: []Context{c}})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("# Written by pitwall discover. Pools without replicas follow the pods of their name; what is not written\n" +
		"# here is found while pitwall watches. Worth adding: env, usd_per_gpu_hour of each pool, guards of routes.\n")
	for _, g := range inv.Gateways {
		fmt.Fprintf(&b, "# gateway %s (%s), %d replicas: found while watching; gateway_auth of its cluster is its key\n",
			fleet.Label(string(g.ID)), fleet.Label(g.Kind), len(g.Replicas))
	}
	for _, note := range notes {
		fmt.Fprintf(&b, "# %s\n", note)
	}
	b.Write(text)
	return b.Bytes(), nil
}

// clustersOf reads the clusters back from their sources.
func clustersOf(inv fleet.Inventory) []Cluster {
	var list []Cluster
	for _, s := range inv.Sources {
		if s.Kind != KubernetesKind {
			continue
		}
		o := s.Options
		c := Cluster{Context: o["context"], Name: string(s.Subject.Cluster), URL: s.URL, Kubeconfig: o["kubeconfig"], Namespace: o["namespace"],
			Site: o["site"], Auth: reference(s.Auth), Gateways: reference(s.FoundKey)}
		if c.Name == c.Context {
			c.Name = ""
		}
		if o["discover"] != "true" {
			c.Discover = new(bool)
		}
		if direct, err := strconv.ParseBool(o["direct"]); err == nil {
			c.Direct = &direct
		}
		list = append(list, c)
	}
	return list
}
