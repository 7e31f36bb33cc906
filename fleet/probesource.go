package fleet

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// chatPath is the chat route of OpenAI's API behind the address of a server.
const chatPath = "/v1/chat/completions"

// chatKinds are the kinds of providers whose own address has an OpenAI-compatible chat route. Anthropic's has one beside its own
// API ("OpenAI SDK compatibility").
var chatKinds = []string{"openai", "anthropic", "together", "openrouter"}

// proxyKinds are the kinds of gateways whose replicas answer the chat route at the address by which they are read.
var proxyKinds = []string{"litellm"}

// enginePages are pages whose address may stand for that of an engine.
var enginePages = []string{"/metrics", "/prometheus/metrics", "/perf_metrics", "/prometheus", "/v1/loads"}

// ProbeSources are the sources of all probes that an inventory declares.
func ProbeSources(inv *Inventory) ([]SourceSpec, error) {
	var list []SourceSpec
	var errs []error
	add := func(sub Subject, spec *ProbeSpec) {
		if spec == nil {
			return
		}
		s, err := ProbeSource(inv, sub, *spec)
		if err != nil {
			errs = append(errs, err)
			return
		}
		list = append(list, s)
	}
	for i := range inv.Pools {
		add(Subject{Pool: inv.Pools[i].ID}, inv.Pools[i].Probe)
	}
	for i := range inv.Providers {
		for j := range inv.Providers[i].Models {
			m := &inv.Providers[i].Models[j]
			add(Subject{Provider: inv.Providers[i].ID, Model: m.Name}, m.Probe)
		}
	}
	for i := range inv.Routes {
		add(Subject{Gateway: inv.Routes[i].Gateway, Route: inv.Routes[i].ID}, inv.Routes[i].Probe)
	}
	return list, errors.Join(errs...)
}

// ProbeSource is the source of one probe: of a pool, of a model of a provider, or of a route of a gateway.
func ProbeSource(inv *Inventory, sub Subject, spec ProbeSpec) (SourceSpec, error) {
	sub.About = AboutProbe
	s := SourceSpec{Kind: ProbeKind, Subject: sub, Interval: spec.Interval(), Timeout: spec.Patience(),
		Probe: &ProbePlan{ProbeSpec: spec}}
	var err error
	var name string
	switch {
	case sub.Pool != "":
		name = string(sub.Pool)
		err = probePool(inv, &s)
	case sub.Provider != "":
		name = string(sub.Provider) + "/" + string(sub.Model)
		err = probeProvider(inv, &s)
	default:
		name = string(sub.Gateway) + "/" + string(sub.Route)
		err = probeRoute(inv, &s)
	}
	if err != nil {
		return s, fmt.Errorf("probe of %s: %w", Label(name), err)
	}
	s.ID = SourceID("probe/" + name)
	if spec.URL != "" {
		s.Probe.Ends = []ProbeEnd{endAt("", spec.URL, "")}
	}
	if !spec.Auth.IsZero() {
		s.Auth = spec.Auth
	}
	if len(s.Probe.Ends) == 0 {
		return s, fmt.Errorf("probe of %s: nothing that is read has an address to ask; write url into the probe", Label(name))
	}
	s.URL = s.Probe.Ends[0].URL
	return s, nil
}

func probePool(inv *Inventory, s *SourceSpec) error {
	model := ModelName("")
	for i := range inv.Pools {
		if inv.Pools[i].ID == s.Subject.Pool {
			model = inv.Pools[i].Model
		}
	}
	s.Models = []ModelName{modelOr(s.Probe.Model, model)}
	for i := range inv.Sources {
		x := &inv.Sources[i]
		if x.Subject.Pool != s.Subject.Pool || x.Subject.Replica == "" || x.Subject.About != AboutItself || x.URL == "" {
			continue
		}
		s.Auth, s.TLS = x.Auth, x.TLS
		s.Probe.Ends = append(s.Probe.Ends, endAt(string(x.Subject.Replica), x.URL, x.Via))
	}
	if s.Models[0] == "" {
		return errors.New("its model is not known; write model into the probe")
	}
	return nil
}

func probeProvider(inv *Inventory, s *SourceSpec) error {
	s.Models = []ModelName{modelOr(s.Probe.Model, s.Subject.Model)}
	for i := range inv.Providers {
		if p := &inv.Providers[i]; p.ID == s.Subject.Provider {
			s.Probe.Payers = []ProbePayer{payer(p, s.Models[0])}
			if !slices.Contains(chatKinds, p.Kind) && s.Probe.URL == "" {
				return fmt.Errorf("pitwall knows no OpenAI-compatible address of kind %q; write it as url into the probe", Label(p.Kind))
			}
		}
	}
	for i := range inv.Sources {
		x := &inv.Sources[i]
		if x.Subject.Provider != s.Subject.Provider || x.Subject.About != AboutItself || x.URL == "" {
			continue
		}
		s.Auth, s.TLS = x.Auth, x.TLS
		s.Probe.Ends = []ProbeEnd{endAt("", x.URL, x.Via)}
		break
	}
	return nil
}

func payer(p *ProviderSpec, model ModelName) ProbePayer {
	out := ProbePayer{Provider: p.ID, Kind: p.Kind, Model: model}
	if len(p.Discounts) > 0 {
		out.Factor = Some(p.Factor(model))
	}
	for _, m := range p.Models {
		if m.Name == model {
			out.Price = m.Price
		}
	}
	return out
}

// probeRoute asks through the replicas of a gateway. Whoever may answer may be paid, fallbacks included.
func probeRoute(inv *Inventory, s *SourceSpec) error {
	s.Models = []ModelName{modelOr(s.Probe.Model, ModelName(s.Subject.Route))}
	route := routeOf(inv, s.Subject)
	if route == nil || len(route.Targets) == 0 {
		return errors.New("its targets are not in the configuration, so that nobody knows what an answer costs; write them down")
	}
	if err := payers(inv, route, s, map[RouteID]bool{}); err != nil {
		return err
	}
	for i := range inv.Gateways {
		if g := &inv.Gateways[i]; g.ID == s.Subject.Gateway && !slices.Contains(proxyKinds, g.Kind) && s.Probe.URL == "" {
			return fmt.Errorf("a gateway of kind %q is read at another address than requests are sent to; write that as url into the probe",
				Label(g.Kind))
		}
	}
	for i := range inv.Sources {
		x := &inv.Sources[i]
		if x.Subject.Gateway != s.Subject.Gateway || x.Subject.GatewayReplica == "" || x.Subject.About != AboutItself || x.URL == "" {
			continue
		}
		s.Auth, s.TLS = x.Auth, x.TLS
		s.Probe.Ends = append(s.Probe.Ends, endAt(string(x.Subject.GatewayReplica), x.URL, x.Via))
	}
	return nil
}

func routeOf(inv *Inventory, sub Subject) *RouteSpec {
	for i := range inv.Routes {
		if r := &inv.Routes[i]; r.ID == sub.Route && r.Gateway == sub.Gateway {
			return r
		}
	}
	return nil
}

// payers adds who may answer a route. A fallback is the name of a target, a pool or provider, or of another route.
func payers(inv *Inventory, r *RouteSpec, s *SourceSpec, seen map[RouteID]bool) error {
	if seen[r.ID] {
		return nil
	}
	seen[r.ID] = true
	for _, t := range r.Targets {
		for i := range inv.Providers {
			if p := &inv.Providers[i]; p.ID == t.Provider {
				s.Probe.Payers = append(s.Probe.Payers, payer(p, t.Model))
			}
		}
	}
	for _, f := range r.Fallbacks {
		known := slices.ContainsFunc(r.Targets, func(t TargetSpec) bool { return t.ID == f }) ||
			slices.ContainsFunc(inv.Pools, func(p PoolSpec) bool { return string(p.ID) == string(f) })
		for i := range inv.Providers {
			if p := &inv.Providers[i]; string(p.ID) == string(f) {
				known = true
				for _, m := range p.Models {
					s.Probe.Payers = append(s.Probe.Payers, payer(p, m.Name))
				}
			}
		}
		if x := routeOf(inv, Subject{Gateway: r.Gateway, Route: RouteID(f)}); x != nil {
			known = true
			if err := payers(inv, x, s, seen); err != nil {
				return err
			}
		}
		if !known {
			return fmt.Errorf("what its fallback %s costs is not known", Label(string(f)))
		}
	}
	return nil
}

func modelOr(a, b ModelName) ModelName {
	if a != "" {
		return a
	}
	return b
}

// endAt parts an address from a page behind it, and finds the chat route: an address that names a version of an API has it
// already.
func endAt(name, raw, via string) ProbeEnd {
	u, err := url.Parse(raw)
	if err != nil {
		return ProbeEnd{Name: name, URL: raw, Path: chatPath, Via: via} // refused when it is opened
	}
	u.RawQuery, u.ForceQuery = "", false
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), ""
	for _, page := range enginePages {
		if rest, found := strings.CutSuffix(u.Path, page); found {
			u.Path = rest
			break
		}
	}
	if rest, found := strings.CutSuffix(u.Path, "/chat/completions"); found {
		u.Path = rest
		return ProbeEnd{Name: name, URL: u.String(), Path: "/chat/completions", Via: via}
	}
	path := chatPath
	for part := range strings.SplitSeq(u.Path, "/") {
		if len(part) > 1 && part[0] == 'v' && part[1] >= '0' && part[1] <= '9' {
			path = strings.TrimPrefix(chatPath, "/v1")
		}
	}
	return ProbeEnd{Name: name, URL: u.String(), Path: path, Via: via}
}
