package config

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"pitwall/fleet"
)

// KubernetesKind is the connector that reads clusters.
const KubernetesKind = "kubernetes"

// Cluster is one Kubernetes cluster that is watched.
type Cluster struct {
	Name       string            `yaml:"name,omitempty"`    // on screen; "" is that of the context
	Context    string            `yaml:"context,omitempty"` // of the kubeconfig; "" takes its current one
	URL        string            `yaml:"url,omitempty"`     // an API server in place of a kubeconfig, with auth and tls
	Auth       *Secret           `yaml:"auth,omitempty"`
	TLS        *TLS              `yaml:"tls,omitempty"`
	Kubeconfig string            `yaml:"kubeconfig,omitempty"`       // a file; "" goes by KUBECONFIG and the home directory
	Namespace  string            `yaml:"namespace,omitempty"`        // only this one is read
	Shared     string            `yaml:"shared_namespace,omitempty"` // where operators share locks and copies of changes
	Site       string            `yaml:"site,omitempty"`
	Discover   *bool             `yaml:"discover,omitempty"` // find what serves models in it; true unless it says no
	Direct     *bool             `yaml:"direct,omitempty"`   // try the addresses of pods; true unless it says no
	Gateways   *Secret           `yaml:"gateway_auth,omitempty"`
	Conditions map[string]string `yaml:"good_conditions,omitempty"` // regular expression to the status that is good
}

// namespaces are names that a namespace can have.
var namespaces = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ID is the name of the cluster on screen.
func (c *Cluster) ID() fleet.ClusterID {
	return fleet.ClusterID(cmp.Or(c.Name, c.Context, "current"))
}

// cluster adds the source of a cluster. several tells whether there is more than one, so that names found in them
// must be kept apart.
func (b *builder) cluster(c *Cluster, several bool) {
	options := map[string]string{}
	set := func(name, value string) {
		if value != "" {
			options[name] = value
		}
	}
	set("context", c.Context)
	set("kubeconfig", c.Kubeconfig)
	set("namespace", c.Namespace)
	set("shared_namespace", c.Shared)
	set("conditions", polarity(c.Conditions))
	set("site", c.Site)
	if c.Discover == nil || *c.Discover {
		set("discover", "true")
	}
	if c.Direct != nil {
		set("direct", strconv.FormatBool(*c.Direct))
	}
	if several {
		set("prefix", string(c.ID())+"/")
	}
	b.source(fleet.SourceSpec{ID: fleet.SourceID(KubernetesKind + "/" + string(c.ID())), Kind: KubernetesKind,
		URL: c.URL, Auth: secret(c.Auth), TLS: tls(c.TLS),
		Subject: fleet.Subject{Cluster: c.ID()}, Options: options, FoundKey: secret(c.Gateways)}, Polling{})
}

// polarity writes rules as the connector reads them, in one order.
func polarity(rules map[string]string) string {
	var list []string
	for _, expression := range sorted(rules) {
		list = append(list, expression+"="+rules[expression])
	}
	return strings.Join(list, ";")
}

func (c *checker) cluster(k *Cluster) {
	c.id("cluster", string(k.ID()))
	c.refers("cluster "+string(k.ID()), "site", k.Site)
	c.secret("cluster "+string(k.ID()), k.Gateways)
	c.secret("cluster "+string(k.ID()), k.Auth)
	if k.URL != "" {
		c.url("cluster "+string(k.ID()), k.URL)
		if k.Context != "" || k.Kubeconfig != "" {
			c.fail("cluster %q: url and context or kubeconfig exclude each other", k.ID())
		}
	}
	if k.Shared != "" && !namespaces.MatchString(k.Shared) {
		c.fail("cluster %q: shared_namespace %q is no name of a namespace", k.ID(), k.Shared)
	}
	for expression, good := range k.Conditions {
		if good != "True" && good != "False" {
			c.fail("cluster %q: good_conditions %q is neither True nor False", k.ID(), expression)
		}
	}
}

// Clusters is a context made of Kubernetes contexts alone: what there is to watch where nothing was configured. It is
// PROD, as every context that does not say what it is.
func Clusters(name string, contexts []string) *Context {
	c := &Context{Name: name}
	for _, k := range contexts {
		c.Clusters = append(c.Clusters, Cluster{Context: k})
	}
	return c
}
