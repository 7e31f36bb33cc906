package envoyaigateway

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/parents"
	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// modelHeader is the header in which Envoy AI Gateway puts the model of a request.
const modelHeader = "x-ai-eg-model"

// object holds the fields of an AIGatewayRoute that are read (v1.1.0, c217da8).
type object struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Parents []parents.Ref `json:"parentRefs"`
		Rules   []rule        `json:"rules"`
	} `json:"spec"`
	Status struct {
		Conditions []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

type rule struct {
	Name    string `json:"name"`
	Matches []struct {
		Headers []struct {
			Type  string `json:"type"`
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"headers"`
	} `json:"matches"`
	Backends []backend `json:"backendRefs"`
	Timeouts struct {
		Request string `json:"request"`
		Backend string `json:"backendRequest"`
	} `json:"timeouts"`
}

type backend struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Model     string `json:"modelNameOverride"`
	Weight    *int   `json:"weight"`
	Priority  *int   `json:"priority"`
}

// weight is 1 where nothing is said, as in the Gateway API.
func weight(w *int) int {
	if w == nil {
		return 1
	}
	return *w
}

// pool tells a back end that is an InferencePool: priority and another model's name are ignored there.
func (b *backend) pool() bool { return b.Kind == "InferencePool" }

func (b *backend) priority() int {
	if b.Priority == nil || b.pool() {
		return 0
	}
	return *b.Priority
}

// models are the public names that lead to the rule: requests name them, and the gateway puts them into a header.
func (r *rule) models() []fleet.RouteID {
	var list []fleet.RouteID
	for i := range r.Matches {
		for _, h := range r.Matches[i].Headers {
			exact := h.Type == "" || h.Type == "Exact"
			if id := fleet.RouteID(h.Value); exact && strings.EqualFold(h.Name, modelHeader) && id != "" && !slices.Contains(list, id) {
				list = append(list, id)
			}
		}
	}
	return list
}

// ids name the back ends, as short as they differ: one service may be there with several models.
func (r *rule) ids() []string {
	b := r.Backends
	return routeobjects.Names(len(b),
		func(i int) string { return b[i].Name },
		func(i int) string { return b[i].Name + "/" + b[i].Model },
		func(i int) string { return b[i].Kind + "." + b[i].Namespace + "." + b[i].Name + "/" + b[i].Model })
}

// served is the model that a back end is asked for: its own name, else the one that the request names where only one can be.
func (r *rule) served(b *backend) fleet.ModelName {
	if b.Model != "" && !b.pool() {
		return fleet.ModelName(b.Model)
	}
	if m := r.models(); len(m) == 1 {
		return fleet.ModelName(m[0])
	}
	return ""
}

// priorities tells whether some back ends stand behind others.
func (r *rule) priorities() bool {
	for i := range r.Backends {
		if r.Backends[i].priority() != r.Backends[0].priority() {
			return true
		}
	}
	return false
}

// defaultTimeout is that of a request where the rule says none.
const defaultTimeout = 60

// timeout is that of one try where one is said, else that of the whole request.
func (r *rule) timeout() fleet.Maybe[fleet.Seconds] {
	for _, text := range []string{r.Timeouts.Backend, r.Timeouts.Request} {
		switch d, err := time.ParseDuration(text); {
		case text == "":
		case err != nil || d <= 0: // 0s is none
			return fleet.None[fleet.Seconds]()
		default:
			return fleet.Some(fleet.Seconds(d.Seconds()))
		}
	}
	return fleet.Some(fleet.Seconds(defaultTimeout))
}
