package config

import (
	"strings"
	"time"

	"pitwall/fleet"
)

// storesOf reads the stores back from their sources.
func storesOf(inv fleet.Inventory) []Store {
	var list []Store
	for _, s := range inv.Sources {
		if s.Kind != StoreKind {
			continue
		}
		o := Store{ID: string(s.ID), Kind: s.Options["flavour"], URL: s.URL, Tenant: s.Options["tenant"],
			Auth: reference(s.Auth), TLS: transport(s.TLS), Poll: polling(s)}
		for name, value := range s.Options {
			if h, ok := strings.CutPrefix(name, "header."); ok {
				o.Headers = with(o.Headers, h, value)
			}
			if p, ok := strings.CutPrefix(name, "param."); ok {
				o.Params = with(o.Params, p, value)
			}
		}
		if d, err := time.ParseDuration(s.Options["window"]); err == nil {
			o.Window = Duration(d)
		}
		list = append(list, o)
	}
	return list
}

func with(m map[string]string, name, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[name] = value
	return m
}

// transport writes TLS settings; nil where there are none.
func transport(t fleet.TLSSpec) *TLS {
	if t == (fleet.TLSSpec{}) {
		return nil
	}
	return &TLS{CAFile: t.CAFile, CertFile: t.CertFile, KeyFile: t.KeyFile, ServerName: t.ServerName, Insecure: t.Insecure}
}
