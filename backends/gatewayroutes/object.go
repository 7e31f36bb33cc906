package gatewayroutes

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/parents"
	"pitwall/backends/internal/routeobjects"
)

// object holds the fields of an HTTPRoute that are read (Gateway API v1.6).
type object struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Parents []parents.Ref `json:"parentRefs"`
		Rules   []rule        `json:"rules"`
	} `json:"spec"`
	Status struct {
		Parents []parents.Said `json:"parents"`
	} `json:"status"`
}

// said is what its gateways say of it.
func (o *object) said() parents.Object {
	return parents.Object{Namespace: o.Namespace, Generation: o.Generation, Parents: o.Spec.Parents, Said: o.Status.Parents}
}

type rule struct {
	Name     string    `json:"name"`
	Backends []backend `json:"backendRefs"`
	Retry    *struct {
		Attempts *int `json:"attempts"`
	} `json:"retry"`
	Timeouts struct {
		Request string `json:"request"`
		Backend string `json:"backendRequest"`
	} `json:"timeouts"`
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
	b := r.Backends
	return routeobjects.Names(len(b),
		func(i int) string { return b[i].Name },
		func(i int) string { return b[i].Name + ":" + strconv.Itoa(b[i].Port) },
		func(i int) string {
			return b[i].Kind + "." + b[i].Namespace + "." + b[i].Name + ":" + strconv.Itoa(b[i].Port)
		}) // else twice the same, which the API takes
}
