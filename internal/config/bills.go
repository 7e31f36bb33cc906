package config

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"pitwall/fleet"
)

// Bill is where usage and charges are read: an API of a provider, or a folder of exported files.
type Bill struct {
	ID       string            `yaml:"id"`
	Kind     string            `yaml:"kind"`               // of the connector
	Provider string            `yaml:"provider,omitempty"` // whose bill it is; a folder may hold those of several
	URL      string            `yaml:"url,omitempty"`
	Folder   string            `yaml:"folder,omitempty"`
	Auth     *Secret           `yaml:"auth,omitempty"`
	TLS      *TLS              `yaml:"tls,omitempty"`
	Options  map[string]string `yaml:"options,omitempty"` // of the connector
	Poll     Polling           `yaml:"poll,omitempty"`
}

// Account is where machines are rented, or a price file of own ones.
type Account struct {
	ID      string            `yaml:"id"`
	Kind    string            `yaml:"kind"` // of the connector
	Site    string            `yaml:"site,omitempty"`
	Fate    map[string]string `yaml:"shared_fate,omitempty"`
	URL     string            `yaml:"url,omitempty"`
	File    string            `yaml:"file,omitempty"`
	Auth    *Secret           `yaml:"auth,omitempty"`
	TLS     *TLS              `yaml:"tls,omitempty"`
	Options map[string]string `yaml:"options,omitempty"` // of the connector
	Poll    Polling           `yaml:"poll,omitempty"`
}

// moneyTimeout is how long an answer about money may take: pages are long, and nothing waits for them.
const moneyTimeout = 30 * time.Second

// money adds the sources of bills and the accounts of machines.
func (b *builder) money(c *Context) {
	for i := range c.Bills {
		b.bill(&c.Bills[i])
	}
	for i := range c.Compute {
		b.account(&c.Compute[i])
	}
}

// bill adds the source of a bill. Its schedule is its connector's own: the context's is for sources that are asked often.
func (b *builder) bill(x *Bill) {
	var models []fleet.ModelName
	for i := range b.inv.Providers {
		if p := &b.inv.Providers[i]; p.ID == fleet.ProviderID(x.Provider) {
			for j := range p.Models {
				models = append(models, p.Models[j].Name)
			}
		}
	}
	b.source(fleet.SourceSpec{ID: fleet.SourceID(x.ID), Kind: x.Kind, URL: x.URL, File: x.Folder, Auth: secret(x.Auth), TLS: tls(x.TLS),
		Options: maps.Clone(x.Options), Models: models,
		Subject: fleet.Subject{Provider: fleet.ProviderID(x.Provider), About: fleet.AboutBill}}, b.seldom(x.Kind, x.Poll))
}

// account adds an account of machines and its source.
func (b *builder) account(a *Account) {
	id := fleet.AccountID(a.ID)
	b.inv.Accounts = append(b.inv.Accounts, fleet.AccountSpec{ID: id, Kind: a.Kind, Site: fleet.SiteID(a.Site), Fate: a.Fate})
	b.source(fleet.SourceSpec{ID: fleet.SourceID(a.ID), Kind: a.Kind, URL: a.URL, File: a.File, Auth: secret(a.Auth), TLS: tls(a.TLS),
		Options: maps.Clone(a.Options), Subject: fleet.Subject{Account: id}}, b.seldom(a.Kind, a.Poll))
}

// seldom is a schedule that the context's defaults do not hurry.
func (b *builder) seldom(kind string, poll Polling) Polling {
	if poll.Interval == 0 {
		poll.Interval = Duration(max(b.interval(kind), time.Minute))
	}
	if poll.Timeout == 0 {
		poll.Timeout = Duration(min(moneyTimeout, time.Duration(poll.Interval)*9/10))
	}
	return poll
}

// money checks the bills and the accounts of machines.
func (c *checker) money(ctx *Context) {
	for i := range ctx.Bills {
		c.bill(&ctx.Bills[i])
	}
	for i := range ctx.Compute {
		c.account(&ctx.Compute[i])
	}
}

func (c *checker) bill(x *Bill) {
	c.id("source", x.ID)
	of := fmt.Sprintf("bill %q", x.ID)
	c.refers(of, "provider", x.Provider)
	c.place(of, x.Kind, x.URL, "folder", x.Folder, x.Auth)
}

func (c *checker) account(a *Account) {
	c.id("source", a.ID)
	of := fmt.Sprintf("compute %q", a.ID)
	c.refers(of, "site", a.Site)
	c.place(of, a.Kind, a.URL, "file", a.File, a.Auth)
}

// place checks that a source of money has a kind and is read from one place.
func (c *checker) place(of, kind, url, what, path string, auth *Secret) {
	c.secret(of, auth)
	switch {
	case kind == "":
		c.fail("%s: kind is missing", of)
	case (url != "") == (path != ""):
		c.fail("%s: needs exactly one of url and %s", of, what)
	case url != "":
		c.url(of, url)
	case strings.ContainsAny(path, "\r\n\x00"):
		c.fail("%s: %s has a line break in it", of, what)
	}
}

// billsOf reads the bills back from their sources.
func billsOf(inv fleet.Inventory) []Bill {
	var list []Bill
	for _, s := range inv.Sources {
		if s.Subject.About == fleet.AboutBill {
			list = append(list, Bill{ID: string(s.ID), Kind: s.Kind, Provider: string(s.Subject.Provider), URL: s.URL, Folder: s.File,
				Auth: reference(s.Auth), TLS: transport(s.TLS), Options: s.Options, Poll: polling(s)})
		}
	}
	return list
}

// accountsOf reads the accounts of machines back from their sources.
func accountsOf(inv fleet.Inventory) []Account {
	var list []Account
	for _, a := range inv.Accounts {
		s := sourceOf(inv, func(sub fleet.Subject) bool { return sub.Account == a.ID })
		list = append(list, Account{ID: string(a.ID), Kind: a.Kind, Site: string(a.Site), Fate: a.Fate, URL: s.URL, File: s.File,
			Auth: reference(s.Auth), TLS: transport(s.TLS), Options: s.Options, Poll: polling(s)})
	}
	return list
}
