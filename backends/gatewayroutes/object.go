package gatewayroutes

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// object holds the fields of an HTTPRoute that are read (Gateway API v1.6).
type object struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Parents []parent `json:"parentRefs"`
		Rules   []rule   `json:"rules"`
	} `json:"spec"`
	Status struct {
		Parents []struct {
			Parent     parent             `json:"parentRef"`
			Controller string             `json:"controllerName"`
			Conditions []metav1.Condition `json:"conditions"`
		} `json:"parents"`
	} `json:"status"`
}

type parent struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Section   string `json:"sectionName"`
	Port      int    `json:"port"`
}

// in fills in what a reference leaves out: the route's own namespace.
func (p parent) in(namespace string) parent {
	if p.Namespace == "" {
		p.Namespace = namespace
	}
	return p
}

func (p parent) text() fleet.Safe {
	t := fleet.Quote(p.Namespace + "/" + p.Name)
	if p.Section != "" {
		t = fleet.Textf("%s, listener %s", t, fleet.Quote(p.Section))
	}
	return t
}

type rule struct {
	Name     string    `json:"name"`
	Backends []backend `json:"backendRefs"`
}

type backend struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Port      int    `json:"port"`
	Weight    *int   `json:"weight"`
}

// weight is 1 where nothing is said.
func (b *backend) weight() int {
	if b.Weight == nil {
		return 1
	}
	return *b.Weight
}

// member is one back end of a rule that has several.
type member struct {
	*backend
	id       string
	rule, at int
}

func (m *member) path() string {
	return "/spec/rules/" + strconv.Itoa(m.rule) + "/backendRefs/" + strconv.Itoa(m.at)
}

// members are the back ends among which traffic is split, each under a name that means one of them: NAME; NAME:PORT where its
// rule has several of the name, KIND.NAMESPACE.NAME:PORT where that is not enough, and RULE/… before it where several rules
// split. A rule is called by its name, else by @ and its number from 1.
func (o *object) members() []*member {
	var list []*member
	splitting := 0
	for i := range o.Spec.Rules {
		if len(o.Spec.Rules[i].Backends) > 1 {
			splitting++
		}
	}
	for i := range o.Spec.Rules {
		r := &o.Spec.Rules[i]
		if len(r.Backends) < 2 {
			continue
		}
		prefix := ""
		if splitting > 1 {
			prefix = r.Name + "/"
			if r.Name == "" {
				prefix = "@" + strconv.Itoa(i+1) + "/" // no name has an @
			}
		}
		for j, id := range r.ids() {
			list = append(list, &member{backend: &r.Backends[j], id: prefix + id, rule: i, at: j})
		}
	}
	return list
}

// ids name the back ends of a rule, as short as they differ.
func (r *rule) ids() []string {
	ids := make([]string, len(r.Backends))
	for _, name := range []func(b *backend, at int) string{
		func(b *backend, _ int) string { return b.Name },
		func(b *backend, _ int) string { return b.Name + ":" + strconv.Itoa(b.Port) },
		func(b *backend, _ int) string {
			return b.Kind + "." + b.Namespace + "." + b.Name + ":" + strconv.Itoa(b.Port)
		},
		func(b *backend, at int) string { return b.Name + "@" + strconv.Itoa(at+1) }, // twice the same, which the API takes
	} {
		count := map[string]int{}
		for j := range r.Backends {
			count[name(&r.Backends[j], j)]++
		}
		for j := range r.Backends {
			if id := name(&r.Backends[j], j); ids[j] == "" && count[id] == 1 {
				ids[j] = id
			}
		}
	}
	return ids
}

func conditionText(c *metav1.Condition) fleet.Safe {
	return fleet.Textf("%s is %s: %s", fleet.Quote(c.Type), fleet.Quote(string(c.Status)),
		podstate.Because(c.Reason, podstate.Clip(c.Message, 300)))
}
