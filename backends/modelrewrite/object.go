package modelrewrite

import (
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// object holds the fields of an InferenceModelRewrite that are read (llm-d-router v0.10.0, ebab687).
type object struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Pool struct {
			Group string `json:"group"`
			Name  string `json:"name"`
		} `json:"poolRef"`
		Rules []rule `json:"rules"`
	} `json:"spec"`
	Status struct {
		Conditions []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

type rule struct {
	Matches []struct {
		Model struct {
			Value string `json:"value"`
		} `json:"model"`
	} `json:"matches"`
	Targets []target `json:"targets"`
}

type target struct {
	Model  string `json:"modelRewrite"`
	Weight *int   `json:"weight"`
}

// models are the names that requests ask for; none for a rule that takes what no other takes.
func (r *rule) models() []string {
	var list []string
	for i := range r.Matches {
		if m := r.Matches[i].Model.Value; m != "" {
			list = append(list, m)
		}
	}
	return list
}

func (r *rule) ids() []string {
	return routeobjects.Names(len(r.Targets), func(i int) string { return r.Targets[i].Model })
}

// weight is what a target counts: 1 where no target of the rule has a weight; where only others have one it gets nothing, by the
// endpoint picker's own way and against what the kind asks for, which is left open here.
func (r *rule) weight(i int) fleet.Maybe[float64] {
	if w := r.Targets[i].Weight; w != nil {
		return fleet.Some(float64(*w))
	}
	for j := range r.Targets {
		if r.Targets[j].Weight != nil {
			return fleet.None[float64]()
		}
	}
	return fleet.Some(1.0)
}

// keys tell the rules of an object apart by what they match, and where that is the same by their numbers.
func (o *object) keys() []string {
	list, count := make([]string, len(o.Spec.Rules)), map[string]int{}
	for i := range o.Spec.Rules {
		list[i] = strings.Join(o.Spec.Rules[i].models(), ",")
		if list[i] == "" {
			list[i] = "*"
		}
		count[list[i]]++
	}
	for i, key := range list {
		if count[key] > 1 {
			list[i] = key + "@" + strconv.Itoa(i+1)
		}
	}
	return list
}
