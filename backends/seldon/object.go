package seldon

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const restartMark = "kubectl.kubernetes.io/restartedAt"

// States of a SeldonDeployment.
const (
	available = "Available"
	failed    = "Failed"
)

// deployment holds the fields of a SeldonDeployment that are read (v1.17).
type deployment struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Replicas   *int32      `json:"replicas"`
		Predictors []predictor `json:"predictors"`
	} `json:"spec"`
	Status struct {
		State       string `json:"state"`
		Description string `json:"description"`
	} `json:"status"`
}

// predictor is one version that is served, with Deployments of its own.
type predictor struct {
	Name        string            `json:"name"`
	Traffic     int               `json:"traffic"`
	Shadow      bool              `json:"shadow"`
	Replicas    *int32            `json:"replicas"`
	Graph       node              `json:"graph"`
	Components  []component       `json:"componentSpecs"`
	Annotations map[string]string `json:"annotations"`
}

// node is one step of what a predictor computes: a model, or what stands before or behind models.
type node struct {
	Name           string `json:"name"`
	Implementation string `json:"implementation"`
	ModelURI       string `json:"modelUri"`
	Children       []node `json:"children"`
}

// prepackaged tells that Seldon has a server for it, which needs no container in the spec.
func (n *node) prepackaged() bool {
	switch n.Implementation {
	case "", "UNKNOWN_IMPLEMENTATION", "SIMPLE_MODEL", "SIMPLE_ROUTER", "RANDOM_ABTEST", "AVERAGE_COMBINER":
		return false
	}
	return true
}

// component is the pods of one Deployment.
type component struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec     corev1.PodSpec `json:"spec"`
	Replicas *int32         `json:"replicas"`
	HPA      *struct {
		Min *int32 `json:"minReplicas"`
		Max int32  `json:"maxReplicas"`
	} `json:"hpaSpec"`
	KEDA *struct {
		Min *int32 `json:"minReplicaCount"`
		Max *int32 `json:"maxReplicaCount"`
	} `json:"kedaSpec"`
}

// scaled tells whether an autoscaler that Seldon makes sets the number of replicas.
func (c *component) scaled() bool { return c.HPA != nil || c.KEDA != nil }

// units are the nodes of a graph with their pointers in the predictor.
func (p *predictor) units() []unit {
	var list []unit
	var walk func(n *node, at string)
	walk = func(n *node, at string) {
		list = append(list, unit{at, n})
		for i := range n.Children {
			walk(&n.Children[i], at+"/children/"+itoa(i))
		}
	}
	walk(&p.Graph, "/graph")
	return list
}

type unit struct {
	at string
	*node
}
