package discovery

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"pitwall/fleet"
)

// assemble makes the found fleet of what is known of the pods.
func (f *finder) assemble(c *fleet.Cluster) *fleet.Found {
	groups := f.groups(c)
	names := f.namesOf(groups)
	out := &fleet.Found{}
	var targets []target
	for i, g := range groups {
		switch g.role {
		case engine:
			pool := f.poolOf(c, g, names[i])
			out.Pools = append(out.Pools, pool)
			targets = append(targets, f.replicaTargets(g, pool)...)
		case exporter:
			targets = append(targets, f.exporterTargets(g)...)
		case gateway:
			gw := f.gatewayOf(c, g, names[i])
			out.Gateways = append(out.Gateways, gw)
			targets = append(targets, f.gatewayTargets(g, gw)...)
		case store, alerting:
			targets = append(targets, f.storeTargets(g, names[i])...)
		}
	}
	if len(out.Pools)+len(out.Gateways) > 0 {
		out.Sites = []fleet.Site{{ID: f.siteOf(c)}}
	}
	f.admit(out, targets)
	return out
}

// namesOf gives each group the name of its owner, with the namespace where two have the same.
func (f *finder) namesOf(groups []group) []string {
	count := map[string]int{}
	for _, g := range groups {
		count[g.owner.Name]++
	}
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = f.name(g.owner.Name)
		if count[g.owner.Name] > 1 {
			names[i] = f.name(g.owner.Namespace + "/" + g.owner.Name)
		}
	}
	return names
}

// target is one connection that is wanted.
type target struct {
	spec   fleet.SourceSpec
	direct bool
	rank   int    // lower is read first where not all can be
	stored string // finds its series in a store that scrapes the cluster
}

// stored finds the series of a pod by the labels that scrapers of a cluster commonly put on. An exporter's own labels
// name the pods that use its GPUs, so that it is found by its address.
func stored(p *fleet.Pod, v *verdict) string {
	if v.is.sign.role == exporter {
		return fmt.Sprintf("instance=%q", net.JoinHostPort(p.IP, strconv.Itoa(v.is.port)))
	}
	return fmt.Sprintf("namespace=%q,pod=%q", p.Namespace, p.Name)
}

// source makes the connection to a proven pod.
func (f *finder) source(id string, p *fleet.Pod, about fleet.Subject, rank int) (target, bool) {
	v := f.pods[identity(p)]
	if v.is == nil || !running(p) {
		return target{}, false
	}
	t := target{direct: v.direct, rank: rank, stored: stored(p, v)}
	if name := servedModel(p.Args); name != "" {
		t.spec.Models = []fleet.ModelName{name}
	}
	t.spec = fleet.SourceSpec{ID: fleet.SourceID(id), Kind: v.is.sign.kind, URL: address(p, v.is.port), Subject: about, Models: t.spec.Models}
	if !v.direct {
		t.spec.URL = "http://" + hostOf(p) + ":" + fleet.Int(v.is.port).String()
		t.spec.Via = Way(f.opt.Cluster, p.Namespace, p.Name, v.is.port)
		t.spec.Interval, t.spec.Timeout = ProxyInterval, ProxyInterval*2/3
	} else if i := slices.IndexFunc(f.opt.Connectors, func(c fleet.Connector) bool { return c.Kind == t.spec.Kind }); i >= 0 {
		t.spec.Interval = f.opt.Connectors[i].Interval
	}
	return t, true
}

// The order in which targets are read through the API server. Each pool has one replica read before any has two.
const (
	rankStore = iota
	rankGateway
	rankEngine
	rankExporter = 1_000
)

func (f *finder) replicaTargets(g group, pool fleet.PoolSpec) []target {
	var list []target
	for i, p := range g.pods {
		r := pool.Replicas[i]
		if t, ok := f.source(string(r.ID), p, fleet.Subject{Pool: pool.ID, Replica: r.ID, Node: r.Node}, rankEngine+len(list)); ok {
			list = append(list, t)
		}
	}
	return list
}

func (f *finder) exporterTargets(g group) []target {
	var list []target
	for _, p := range g.pods {
		id := f.nodeID(p.Node)
		if t, ok := f.source(g.kind+"/"+string(id), p, fleet.Subject{Node: id}, rankExporter); ok {
			list = append(list, t)
		}
	}
	return list
}

func (f *finder) storeTargets(g group, name string) []target {
	for _, p := range g.pods { // one of its replicas answers for all
		if t, ok := f.source(name, p, fleet.Subject{}, rankStore); ok {
			return []target{t}
		}
	}
	return nil
}

// gatewayOf makes a gateway of a group. Every replica holds a copy of the routing state of its own.
func (f *finder) gatewayOf(c *fleet.Cluster, g group, name string) fleet.GatewaySpec {
	gw := fleet.GatewaySpec{ID: fleet.GatewayID(name), Kind: g.kind, Site: f.siteOf(c), Auth: f.opt.Key}
	for _, p := range g.pods {
		gw.Replicas = append(gw.Replicas, fleet.GatewayReplicaSpec{ID: fleet.GatewayReplicaID(f.name(p.Name))})
	}
	return gw
}

func (f *finder) gatewayTargets(g group, gw fleet.GatewaySpec) []target {
	var list []target
	for i, p := range g.pods {
		r := &gw.Replicas[i]
		t, ok := f.source(string(r.ID), p, fleet.Subject{Gateway: gw.ID, GatewayReplica: r.ID}, rankGateway)
		if !ok {
			continue
		}
		t.spec.Auth = f.opt.Key
		r.URL, r.Via = t.spec.URL, t.spec.Via
		list = append(list, t)
	}
	return list
}

// storeKind is the connector of stores that other sources can be read through.
const storeKind = "prometheus"

// from is the target as a store is asked for it.
func (t target) from(store fleet.SourceID) fleet.SourceSpec {
	s := t.spec
	s.From, s.Via, s.Auth = store, "", fleet.SecretRef{}
	s.Options = map[string]string{"selector": t.stored}
	s.Interval, s.Timeout = time.Minute, 0
	return s
}

// admit takes the targets that the API server may be asked for, and says what is left out.
func (f *finder) admit(out *fleet.Found, targets []target) {
	slices.SortStableFunc(targets, func(a, b target) int { return cmp.Compare(a.rank, b.rank) })
	through, byStore, refused := 0, 0, map[fleet.ReplicaID]bool{}
	var store fleet.SourceID
	for _, t := range targets {
		if t.spec.Kind == storeKind && store == "" {
			store = t.spec.ID
		}
		if t.direct || through < ProxyTargets {
			if !t.direct {
				through++
			}
			out.Sources = append(out.Sources, t.spec)
			continue
		}
		if store != "" {
			out.Sources = append(out.Sources, t.from(store))
			byStore++
			continue
		}
		refused[t.spec.Subject.Replica] = true
	}
	if byStore > 0 {
		out.Notes = append(out.Notes, fleet.Textf("%s %s read through %s: the API server carries at most %s",
			fleet.Many(byStore, "target"), fleet.Verb(byStore, "is", "are"), fleet.Label(string(store)), fleet.Int(ProxyTargets)))
	}
	left := len(targets) - len(out.Sources)
	if left == 0 {
		return
	}
	why := fleet.Textf("not read: at most %s are read through the API server; configure Prometheus", fleet.Many(ProxyTargets, "target"))
	for i := range out.Pools {
		for j := range out.Pools[i].Replicas {
			if r := &out.Pools[i].Replicas[j]; refused[r.ID] {
				r.Why = why
			}
		}
	}
	const unread = "%s of %s targets are not read: the API server carries at most %s; configure Prometheus as a store"
	out.Notes = append(out.Notes, fleet.Textf(unread, fleet.Int(left), fleet.Int(len(targets)), fleet.Int(ProxyTargets)))
}
