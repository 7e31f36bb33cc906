package portkey

import (
	"net/url"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// target is one of a list.
type target struct {
	body map[string]any
	at   string // pointer to it
	word string // as the gateway calls it in its answers: "targets[1]"
}

// group tells whether it has targets itself.
func (t target) group() bool {
	_, ok := t.body["targets"]
	return ok
}

// called is what tells a target from others without a credential, "" where nothing does: its name, or provider, model and
// host as they are written in it.
func (t target) called() string {
	if name := jsonptr.Text(t.body, "/name"); name != "" {
		return name
	}
	if t.group() {
		return ""
	}
	provider, model := jsonptr.Text(t.body, "/provider"), jsonptr.Text(t.body, "/override_params/model")
	name := provider
	switch {
	case provider == "" || strings.HasPrefix(model, "@"):
		name = model
	case model != "":
		name = provider + "/" + model
	}
	if h := hostOf(jsonptr.Text(t.body, "/custom_host")); h != "" {
		name += "@" + h
	}
	return name
}

// names gives each target of a list a name that no other has. A target that cannot be told from another has its place.
func names(list []target) []fleet.DeploymentID {
	count := map[string]int{}
	for _, t := range list {
		count[t.called()]++
	}
	out := make([]fleet.DeploymentID, len(list))
	for i, t := range list {
		out[i] = fleet.DeploymentID(t.called())
		if count[t.called()] > 1 || out[i] == "" || strings.HasPrefix(string(out[i]), "targets[") {
			out[i] = fleet.DeploymentID(t.word)
		}
	}
	return out
}

// member makes one of a target; its weight is set by who knows the strategy.
func (t target) member(id fleet.DeploymentID, from passed) routeobjects.Member {
	m := routeobjects.Member{ID: id, At: t.at + "/weight", Same: []string{t.at + "/name", t.at + "/provider", t.at + "/custom_host",
		t.at + "/override_params/model"}}
	if t.group() {
		m.Same = []string{t.at + "/name", t.at + "/strategy/mode"}
		return m
	}
	here := from.below(t.body)
	provider := jsonptr.Text(t.body, "/provider")
	m.APIBase, m.Model = addressOf(here.host), fleet.ModelName(here.model)
	if provider != "" && here.model != "" && !strings.HasPrefix(here.model, "@") {
		m.Model = fleet.ModelName(provider + "/" + here.model)
	}
	return m
}

// addressOf is a custom host without what may be a credential in it.
func addressOf(raw string) string {
	u, err := url.Parse(raw)
	if raw == "" || err != nil || u.Host == "" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}
