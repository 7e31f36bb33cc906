package yatai

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// Marks of Yatai and kubectl.
const (
	strategyMark = "yatai.ai/deployment-strategy"
	restartMark  = "kubectl.kubernetes.io/restartedAt"
	mainName     = "main" // the container that serves
)

// object holds the fields of a BentoDeployment that are read.
type object struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Bento       string `json:"bento"`
		Autoscaling *struct {
			Min int `json:"minReplicas"`
			Max int `json:"maxReplicas"`
		} `json:"autoscaling"`
		Runners []struct {
			Name string `json:"name"`
		} `json:"runners"`
		Pod struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"extraPodMetadata"`
	} `json:"spec"`
	Status struct {
		Conditions []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

// bounds are those of its autoscaler, which Yatai always makes.
func (o *object) bounds() (low, high int) {
	if a := o.Spec.Autoscaling; a != nil {
		return a.Min, a.Max
	}
	return 1, 1
}

func (o *object) condition(typ string) *metav1.Condition {
	for i := range o.Status.Conditions {
		if c := &o.Status.Conditions[i]; c.Type == typ {
			return c
		}
	}
	return nil
}

func conditionText(c *metav1.Condition) fleet.Safe {
	return fleet.Textf("%s is %s: %s", fleet.Quote(c.Type), fleet.Quote(string(c.Status)),
		podstate.Because(c.Reason, podstate.Clip(c.Message, 300)))
}

// bento holds the fields of a Bento that are read.
type bento struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Tag     string `json:"tag"`
		Image   string `json:"image"`
		Runners []struct {
			Name string `json:"name"`
		} `json:"runners"`
	} `json:"spec"`
}

func (b *bento) repository() string {
	name, _, _ := strings.Cut(b.Spec.Tag, ":")
	return name
}

func (b *bento) version() fleet.Version {
	_, revision, _ := strings.Cut(b.Spec.Tag, ":")
	return fleet.Version{ID: b.Name, Name: fleet.Label(b.Spec.Tag), Image: fleet.Label(b.Spec.Image), Weights: fleet.Label(b.repository()),
		Revision: fleet.Label(revision), At: b.CreationTimestamp.UTC()}
}
