package restobjects

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"pitwall/fleet"
)

// Refuse is why nothing is drafted.
func Refuse(kind fleet.Kind, do fleet.Deed, o fleet.ObjectRef, why string) error {
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + name
	}
	return &fleet.Error{Kind: kind, Op: string(do) + " " + fleet.Quote(o.Kind+" "+name).String(), Err: errors.New(why),
		Next: "nothing was planned"}
}

// Set is a write on an object of an API.
func Set(o fleet.ObjectRef, api fleet.ObjectKind, uid string, text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: o, API: api, UID: uid, Verb: fleet.WriteSet, Fields: fields, Text: text}
}

// How long what a cloud says of an object may be of before a change, where its API counts no generations; and how far its
// clock may be ahead of ours.
const (
	settles = 15 * time.Second
	ahead   = time.Minute
)

// Settling tells whether an object was changed so lately that its state may be that of before.
func Settling(changed, now time.Time) bool {
	age := now.Sub(changed)
	return !changed.IsZero() && age < settles && age > -ahead
}

// optSite is where the configuration writes the site of an orchestrator.
const optSite = "site"

// Cluster is an orchestrator as it stands in the fleet: a cluster of whose machines nothing is known. kinds are the kinds
// of what it keeps, as its API writes them.
func Cluster(spec fleet.SourceSpec, server fleet.Safe, at time.Time, works []*fleet.Workload, kinds ...fleet.ObjectKind) *fleet.Cluster {
	slices.SortFunc(works, func(a, b *fleet.Workload) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	c := &fleet.Cluster{ID: spec.Subject.Cluster, Site: fleet.SiteID(spec.Options[optSite]), Server: server, State: fleet.StateOK,
		At: at, Hosted: true, Workloads: works}
	for _, k := range kinds {
		n := 0
		for _, w := range works {
			if w.Kind == k.Kind {
				n++
			}
		}
		c.Kinds = append(c.Kinds, fleet.KindWatch{Kind: k.Resource, Synced: true, Count: n})
	}
	return c
}

// WriteAuth is the credential for changes: the one that is named for them, else that for reading.
func WriteAuth(spec fleet.SourceSpec) fleet.SecretRef {
	if spec.Write.IsZero() {
		return spec.Auth
	}
	return spec.Write
}
