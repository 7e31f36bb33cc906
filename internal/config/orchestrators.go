package config

import (
	"fmt"

	"pitwall/fleet"
)

// Orchestrator is a system that keeps replicas, and is reached by an API of its own instead of a Kubernetes cluster's.
type Orchestrator struct {
	ID      string            `yaml:"id"`
	Kind    string            `yaml:"kind"` // of the connector: bentocloud, azureml, vertex, ray
	URL     string            `yaml:"url"`
	Site    string            `yaml:"site,omitempty"`
	Options map[string]string `yaml:"options,omitempty"` // of the connector
	Auth    *Secret           `yaml:"auth,omitempty"`
	Write   *Secret           `yaml:"write_auth,omitempty"`
	TLS     *TLS              `yaml:"tls,omitempty"`
	Poll    Polling           `yaml:"poll,omitempty"`
}

// optSite is the option by which the source of a cluster says where it is.
const optSite = "site"

// orchestrator adds the source of an orchestrator. It stands in the fleet as a cluster of its name, without nodes.
func (b *builder) orchestrator(o *Orchestrator) {
	options := map[string]string{}
	for k, v := range o.Options {
		options[k] = v
	}
	if o.Site != "" {
		options[optSite] = o.Site
	}
	b.source(fleet.SourceSpec{ID: fleet.SourceID(o.ID), Kind: o.Kind, URL: o.URL, Auth: secret(o.Auth), Write: secret(o.Write),
		TLS: tls(o.TLS), Options: options, Subject: fleet.Subject{Cluster: fleet.ClusterID(o.ID)}}, o.Poll)
}

func (c *checker) orchestrator(o *Orchestrator) {
	c.id("cluster", o.ID)
	of := fmt.Sprintf("orchestrator %q", o.ID)
	switch o.Kind {
	case "":
		c.fail("%s: kind is missing", of)
	case KubernetesKind:
		c.fail("%s: a Kubernetes cluster belongs under clusters", of)
	}
	c.url(of, o.URL)
	c.secret(of, o.Auth)
	c.secret(of, o.Write)
	c.refers(of, "site", o.Site)
	if _, taken := o.Options[optSite]; taken {
		c.fail("%s: the site is no option: write it as site", of)
	}
}

// orchestratorsOf reads the orchestrators back from their sources.
func orchestratorsOf(inv fleet.Inventory) []Orchestrator {
	var list []Orchestrator
	for _, s := range inv.Sources {
		if s.Subject.Cluster == "" || s.Kind == KubernetesKind || s.Via != "" {
			continue
		}
		o := Orchestrator{ID: string(s.ID), Kind: s.Kind, URL: s.URL, Site: s.Options[optSite], Auth: reference(s.Auth),
			Write: reference(s.Write), Poll: polling(s)}
		for k, v := range s.Options {
			if k == optSite {
				continue
			}
			if o.Options == nil {
				o.Options = map[string]string{}
			}
			o.Options[k] = v
		}
		list = append(list, o)
	}
	return list
}
