package kserve

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// llmService holds the fields of an LLMInferenceService that are read (v0.20).
type llmService struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Model struct {
			URI  string `json:"uri"`
			Name string `json:"name"`
		} `json:"model"`
		Replicas    *int32            `json:"replicas"`
		Scaling     *llmScaling       `json:"scaling"`
		Annotations map[string]string `json:"annotations"`
		Worker      any               `json:"worker"`
		Prefill     *struct {
			Replicas    *int32            `json:"replicas"`
			Scaling     *llmScaling       `json:"scaling"`
			Worker      any               `json:"worker"`
			Annotations map[string]string `json:"annotations"`
		} `json:"prefill"`
		Router *struct {
			Route *struct {
				Group  string `json:"group"`
				Weight *int   `json:"weight"`
			} `json:"route"`
		} `json:"router"`
	} `json:"spec"`
	Status struct {
		Observed   int64       `json:"observedGeneration"`
		Conditions []condition `json:"conditions"`
		Workloads  struct {
			Primary workload  `json:"primary"`
			Prefill *workload `json:"prefill"`
		} `json:"workloads"`
		Router struct {
			Group struct {
				Members []groupMember `json:"members"`
			} `json:"group"`
		} `json:"router"`
	} `json:"status"`
}

type llmScaling struct {
	Min *int32 `json:"minReplicas"`
	Max int32  `json:"maxReplicas"`
}

type workload struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

type groupMember struct {
	Name    string `json:"name"`
	Weight  int    `json:"weight"`
	Stopped bool   `json:"stopped"`
}

func (o *llmService) group() string {
	if o.Spec.Router == nil || o.Spec.Router.Route == nil {
		return ""
	}
	return o.Spec.Router.Route.Group
}

func (o *llmService) weight() int {
	if o.group() == "" || o.Spec.Router.Route.Weight == nil {
		return 0
	}
	return *o.Spec.Router.Route.Weight
}

func (o *llmService) condition(typ string) (condition, bool) {
	for _, c := range o.Status.Conditions {
		if c.Type == typ {
			return c, true
		}
	}
	return condition{}, false
}
