package config

import (
	"fmt"
	"strings"

	"pitwall/fleet"
)

// AlertmanagerKind is the connector that reads alerts and writes silences.
const AlertmanagerKind = "alertmanager"

// Alertmanager is one Alertmanager; of a cluster of several, one replica is enough.
type Alertmanager struct {
	ID     string   `yaml:"id"`
	URL    string   `yaml:"url"`
	Filter []string `yaml:"filter,omitempty"`
	Auth   *Secret  `yaml:"auth,omitempty"`
	Write  *Secret  `yaml:"write_auth,omitempty"`
	TLS    *TLS     `yaml:"tls,omitempty"`
	Poll   Polling  `yaml:"poll,omitempty"`
}

// optFilter is the connector's option of matchers, one a line.
const optFilter = "filter"

// alertmanager adds the source of an Alertmanager.
func (b *builder) alertmanager(a *Alertmanager) {
	var options map[string]string
	if len(a.Filter) > 0 {
		options = map[string]string{optFilter: strings.Join(a.Filter, "\n")}
	}
	b.source(fleet.SourceSpec{ID: fleet.SourceID(a.ID), Kind: AlertmanagerKind, URL: a.URL, Auth: secret(a.Auth), Write: secret(a.Write),
		TLS: tls(a.TLS), Options: options}, a.Poll)
}

func (c *checker) alertmanager(a *Alertmanager) {
	c.id("alertmanager", a.ID)
	of := fmt.Sprintf("alertmanager %q", a.ID)
	c.url(of, a.URL)
	c.secret(of, a.Auth)
	c.secret(of, a.Write)
	for _, m := range a.Filter {
		if _, err := fleet.ParseMatcher(m); err != nil {
			c.fail("%s: filter: %q is not NAME=VALUE, NAME!=VALUE, NAME=~REGEX or NAME!~REGEX", of, m)
		}
	}
}

// alertmanagersOf writes what was configured, and what was found.
func alertmanagersOf(inv fleet.Inventory) []Alertmanager {
	var list []Alertmanager
	for _, s := range inv.Sources {
		if s.Kind != AlertmanagerKind || s.Via != "" {
			continue // what is reached through a cluster is found there again
		}
		a := Alertmanager{ID: string(s.ID), URL: s.URL, Auth: reference(s.Auth), Write: reference(s.Write), Poll: polling(s)}
		a.Filter = entries(s.Options[optFilter])
		list = append(list, a)
	}
	return list
}
