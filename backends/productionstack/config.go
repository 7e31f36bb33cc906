package productionstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// The fields of a dynamic configuration that pitwall reads (production-stack a6c01db, vllm_router/dynamic_config.py).
const (
	fDiscovery = "service_discovery"
	fLogic     = "routing_logic"
	fSession   = "session_key"
	fBackends  = "static_backends"
	fModels    = "static_models"
	fTypes     = "static_model_types"
	fAliases   = "static_aliases"
	fLabels    = "static_model_labels"
	fChecks    = "static_backend_health_checks"
	fPrefill   = "prefill_model_labels"
	fDecode    = "decode_model_labels"
)

// maxListed bounds the back ends and the aliases of one router.
const maxListed = 5000

// static is the discovery whose back ends are listed.
const static = "static"

// config is a dynamic configuration: as a router says that it holds it, or as it would take it from a file.
type config struct {
	discovery, logic, session string
	entries                   []entry
	aliases                   map[string]string
	checks                    bool           // dummy requests leave failing back ends out
	labelled                  bool           // roles by place in the list
	typed                     bool           // every entry has a type
	rest                      map[string]any // all other fields
	why                       string         // a sentence: what is wrong with it, for which a router refuses it; "" for nothing
}

// entry is one back end of one model.
type entry struct{ model, url, kind string }

// name is what a back end is called here: its address without what a query may hold.
func (e entry) name() fleet.DeploymentID {
	if i := strings.IndexAny(e.url, "?#"); i >= 0 {
		return fleet.DeploymentID(e.url[:i])
	}
	return fleet.DeploymentID(e.url)
}

// address is what the router takes for one: others it leaves out with a warning, which then fails the whole configuration. A
// name without a dot, as a Service of the same namespace has, is none.
var address = regexp.MustCompile(`^(http|https)://(([a-zA-Z0-9_-]+\.)+[a-zA-Z]{2,}|localhost|\d{1,3}(\.\d{1,3}){3})(:\d+)?(/.*)?$`)

// flat reads the form with texts and commas between, which a router echoes and takes from JSON.
func flat(doc any) (*config, error) {
	fields, ok := doc.(map[string]any)
	if !ok {
		return nil, errors.New("it is no object")
	}
	text := func(name string) (string, error) {
		switch v := fields[name].(type) {
		case nil:
			return "", nil
		case string:
			return v, nil
		}
		return "", fmt.Errorf("its %s is no text", name)
	}
	c := &config{aliases: map[string]string{}, rest: maps.Clone(fields)}
	values := map[string]string{}
	for _, name := range []string{fDiscovery, fLogic, fSession, fBackends, fModels, fTypes, fAliases, fLabels, fPrefill, fDecode} {
		v, err := text(name)
		if err != nil {
			return nil, err
		}
		values[name] = v
	}
	for _, name := range []string{fBackends, fModels, fTypes, fAliases} {
		if strings.Count(values[name], ",") >= maxListed {
			return nil, fmt.Errorf("its %s are more than %d, of which none is read", name, maxListed)
		}
		delete(c.rest, name)
	}
	c.discovery, c.logic, c.session = values[fDiscovery], values[fLogic], values[fSession]
	c.checks = fields[fChecks] == true
	c.labelled = values[fLabels] != "" || values[fPrefill] != "" || values[fDecode] != ""
	c.list(values[fBackends], values[fModels], values[fTypes])
	c.readAliases(values[fAliases])
	c.judge()
	return c, nil
}

// list pairs back ends and models by their places, as the router does.
func (c *config) list(backends, models, types string) {
	urls, names, kinds := parts(backends), parts(models), parts(types)
	if len(urls) != len(names) {
		c.blame("it lists %d back ends and %d models, which do not pair", len(urls), len(names))
	}
	c.typed = len(kinds) == len(urls)
	for i := range min(len(urls), len(names)) {
		e := entry{model: names[i], url: urls[i]}
		if c.typed {
			e.kind = kinds[i]
		}
		c.entries = append(c.entries, e)
		if !address.MatchString(e.url) {
			c.blame("%s is no address that the router takes: it wants http:// or https:// and a host with a dot in its name, localhost or "+
				"an IPv4 address", fleet.Quote(string(e.name())))
		}
	}
}

func parts(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func (c *config) readAliases(list string) {
	for _, one := range parts(list) {
		alias, model, _ := strings.Cut(one, ":")
		if alias == "" || model == "" || strings.Contains(model, ":") {
			c.blame("its alias %s is not one name, a colon and one model", fleet.Quote(one))
			continue
		}
		c.aliases[alias] = model
	}
}

// judge finds for what else a router refuses it.
func (c *config) judge() {
	switch {
	case c.discovery == "" || c.logic == "":
		c.blame("%s or %s is missing", fDiscovery, fLogic)
	case c.logic == "session" && c.session == "":
		c.blame("the routing logic session has no %s", fSession)
	}
}

// blame keeps the first fault.
func (c *config) blame(format string, args ...any) {
	if c.why == "" {
		c.why = fmt.Sprintf(format, args...)
	}
}

// models are those that have back ends, in order.
func (c *config) models() []string {
	var list []string
	for _, e := range c.entries {
		if !slices.Contains(list, e.model) {
			list = append(list, e.model)
		}
	}
	return list
}

// times is how often each back end of a model is listed.
func (c *config) times(model string) map[fleet.DeploymentID]int {
	n := map[fleet.DeploymentID]int{}
	for _, e := range c.entries {
		if e.model == model {
			n[e.name()]++
		}
	}
	return n
}

// weights tells of each target whether it is in.
func (c *config) weights(r fleet.RouteSpec) (fleet.Weights, error) {
	in := c.times(string(r.ID))
	if len(in) == 0 {
		return nil, fmt.Errorf("it lists no back end of the model %s", fleet.Quote(string(r.ID)))
	}
	out := fleet.Weights{}
	for _, t := range r.Targets {
		out[t.ID] = min(in[nameOf(t)], 1)
	}
	return out, nil
}

// nameOf is the address of a target.
func nameOf(t fleet.TargetSpec) fleet.DeploymentID {
	if t.Deployment != "" {
		return t.Deployment
	}
	return fleet.DeploymentID(t.ID)
}

// aliasesOf are the other names of a model.
func (c *config) aliasesOf(model string) []fleet.RouteID {
	var list []fleet.RouteID
	for _, alias := range slices.Sorted(maps.Keys(c.aliases)) {
		if c.aliases[alias] == model {
			list = append(list, fleet.RouteID(alias))
		}
	}
	return list
}

// assumed are the values of fields that a file does not name, where they are not null.
var assumed = map[string]any{
	fChecks: false, "static_backend_health_check_interval": json.Number("60"),
	"static_backend_health_check_timeout_seconds": json.Number("10"),
}

// otherwise names a field, other than the lists, in which a router holds something else than a file says; "" for none. unknown
// tells that the router has no such field, for which it refuses the whole file.
func (c *config) otherwise(held *config) (field string, unknown bool) {
	for _, name := range slices.Sorted(maps.Keys(c.rest)) {
		now, has := held.rest[name]
		if !has {
			return name, true
		}
		if !jsonptr.Encode(c.rest[name]).Equal(jsonptr.Encode(now)) {
			return name, false
		}
	}
	for _, name := range slices.Sorted(maps.Keys(held.rest)) {
		if _, named := c.rest[name]; !named && !jsonptr.Encode(assumed[name]).Equal(jsonptr.Encode(held.rest[name])) {
			return name, false
		}
	}
	return "", false
}

// listed counts the entries of a model.
func (c *config) listed(model string) int {
	n := 0
	for _, times := range c.times(model) {
		n += times
	}
	return n
}
