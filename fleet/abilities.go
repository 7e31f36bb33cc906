package fleet

import "slices"

// Residency are the residency and compliance labels of a target: those of its pool and the pool's site, or of its provider.
// Of a provider's labels those are left out that its model does not keep to by where the provider says that it is answered.
func (s *Snapshot) Residency(t *Target) []string {
	if pool := s.Pool(t.Spec.Pool); pool != nil {
		out := slices.Clone(pool.Spec.Labels)
		if site := s.Site(pool.Spec.Site); site != nil {
			out = append(out, site.Labels...)
		}
		return out
	}
	if provider := s.Provider(t.Spec.Provider); provider != nil {
		regions, told := s.AnsweredIn(t)
		if !told {
			return provider.Spec.Labels
		}
		return slices.DeleteFunc(slices.Clone(provider.Spec.Labels), func(l string) bool { return !keepsTo(l, regions) })
	}
	return nil
}

// AnsweredIn are the regions in which a provider may answer a target's requests, as it tells itself; false where it does not.
func (s *Snapshot) AnsweredIn(t *Target) ([]string, bool) {
	provider := s.Provider(t.Spec.Provider)
	if provider == nil {
		return nil, false
	}
	regions, told := provider.Regions[t.Spec.Model]
	return regions, told
}

// ContextLimit is the greatest prompt plus output that a target takes, as it is declared.
func (s *Snapshot) ContextLimit(t *Target) Maybe[Tokens] {
	if pool := s.Pool(t.Spec.Pool); pool != nil {
		return pool.Spec.MaxContext
	}
	if m := s.Rented(t); m != nil {
		return m.MaxContext
	}
	return None[Tokens]()
}

// Capabilities are what a target offers, such as "tools"; false where nothing is declared.
func (s *Snapshot) Capabilities(t *Target) ([]string, bool) {
	if pool := s.Pool(t.Spec.Pool); pool != nil {
		return pool.Spec.Offers, pool.Spec.Offers != nil
	}
	if m := s.Rented(t); m != nil {
		return m.Offers, m.Offers != nil
	}
	return nil, false
}

// Rented is the provider's model behind a target, or nil.
func (s *Snapshot) Rented(t *Target) *ProviderModel {
	provider := s.Provider(t.Spec.Provider)
	if provider == nil {
		return nil
	}
	i := slices.IndexFunc(provider.Spec.Models, func(m ProviderModel) bool { return m.Name == t.Spec.Model })
	if i < 0 {
		return nil
	}
	return &provider.Spec.Models[i]
}
