package config

import (
	"time"

	"pitwall/fleet"
)

// Probe is a small real chat request that is sent again and again. There is none where it is not written.
type Probe struct {
	Every        Duration `yaml:"every,omitempty"`
	Timeout      Duration `yaml:"timeout,omitempty"`
	Tools        bool     `yaml:"tools,omitempty"`
	JSON         bool     `yaml:"json,omitempty"`
	MaxTokens    int      `yaml:"max_tokens,omitempty"`
	PromptTokens int      `yaml:"prompt_tokens,omitempty"`
	Model        string   `yaml:"model,omitempty"`
	URL          string   `yaml:"url,omitempty"`
	Auth         *Secret  `yaml:"auth,omitempty"`
	MaxPerDay    string   `yaml:"max_usd_per_day,omitempty"`
}

// Bounds of probes: they prove that answers come, and are no load test.
const (
	probeLeast  = 10 * time.Second
	probeRarest = time.Hour
	probeAnswer = 1024
	probePrompt = 32_000
)

// probe checks one probe. costs tells whether whoever answers it is paid whatever else is.
func (c *checker) probe(of string, p *Probe, costs bool) {
	if p == nil {
		return
	}
	of += ", probe"
	if d := time.Duration(p.Every); d != 0 && (d < probeLeast || d > probeRarest) {
		c.fail("%s: every must lie between %s and %s", of, probeLeast, probeRarest)
	}
	spec, err := probeSpec(p)
	if err != nil {
		c.fail("%s: max_usd_per_day: %w", of, err)
	}
	if d := time.Duration(p.Timeout); d != 0 && d >= spec.Interval() {
		c.fail("%s: timeout must be shorter than every, which is %s", of, spec.Interval())
	}
	c.upTo(of, "max_tokens", p.MaxTokens, probeAnswer)
	c.upTo(of, "prompt_tokens", p.PromptTokens, probePrompt)
	if p.URL != "" {
		c.url(of, p.URL)
	}
	c.secret(of, p.Auth)
	switch {
	case costs && p.MaxPerDay == "":
		c.fail("%s: every answer costs money; say with max_usd_per_day how much a day it may be", of)
	case err == nil && spec.MaxPerDay.OK && spec.MaxPerDay.V.Amount().IsZero():
		c.fail("%s: max_usd_per_day is 0, so that none would be sent; leave the probe out instead", of)
	}
}

// upTo holds a number that is written to its bounds.
func (c *checker) upTo(of, key string, n, most int) {
	if n < 0 || n > most {
		c.fail("%s: %s must lie between 1 and %d", of, key, most)
	}
}

// rented tells whether a rented model may answer a route.
func rented(r *Route) bool {
	for _, t := range r.Targets {
		if t.Provider != "" {
			return true
		}
	}
	return false
}

func probeSpec(p *Probe) (*fleet.ProbeSpec, error) {
	if p == nil {
		return nil, nil //nolint:nilnil // no probe is none
	}
	out := &fleet.ProbeSpec{Every: time.Duration(p.Every), Timeout: time.Duration(p.Timeout), Tools: p.Tools, JSON: p.JSON,
		MaxTokens: p.MaxTokens, PromptTokens: p.PromptTokens, Model: fleet.ModelName(p.Model), URL: p.URL, Auth: secret(p.Auth)}
	if p.MaxPerDay == "" {
		return out, nil
	}
	most, err := money(p.MaxPerDay)
	if err == nil {
		out.MaxPerDay = fleet.Some(most)
	}
	return out, err
}

// probed is probeSpec for a context that was checked; what is wrong all the same is noted.
func (b *builder) probed(p *Probe) *fleet.ProbeSpec {
	out, err := probeSpec(p)
	b.note(err)
	return out
}

// probes adds the sources of all probes.
func (b *builder) probes() {
	list, err := fleet.ProbeSources(b.inv)
	b.note(err)
	b.inv.Sources = append(b.inv.Sources, list...)
}

// probeOf writes a probe back.
func probeOf(p *fleet.ProbeSpec) *Probe {
	if p == nil {
		return nil
	}
	out := &Probe{Every: Duration(p.Every), Timeout: Duration(p.Timeout), Tools: p.Tools, JSON: p.JSON, MaxTokens: p.MaxTokens,
		PromptTokens: p.PromptTokens, Model: string(p.Model), URL: p.URL, Auth: reference(p.Auth)}
	if p.MaxPerDay.OK {
		out.MaxPerDay = p.MaxPerDay.V.Amount().String()
	}
	return out
}
