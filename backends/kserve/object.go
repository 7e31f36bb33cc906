package kserve

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// Marks of KServe and of Knative.
const (
	modeMark     = "serving.kserve.io/deploymentMode"
	frozenMark   = "serving.kserve.io/disable-auto-update"
	stopMark     = "serving.kserve.io/stop"
	scalerMark   = "serving.kserve.io/autoscalerClass"
	smoothMark   = "serving.knative.dev/rollout-duration"
	sourceMark   = "internal.serving.kserve.io/storage-initializer-sourceuri"
	restartMark  = "kubectl.kubernetes.io/restartedAt"
	revisionMark = "serving.knative.dev/revision"
	mainName     = "kserve-container"
	workerName   = "worker-container"
)

// inferenceService holds the fields of an InferenceService that are read (v0.20).
type inferenceService struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Predictor predictor `json:"predictor"`
		Canary    []struct {
			Predictor predictor `json:"predictor"`
			Percent   int       `json:"trafficPercent"`
		} `json:"canary"`
	} `json:"spec"`
	Status struct {
		Mode       string               `json:"deploymentMode"`
		Conditions []condition          `json:"conditions"`
		Components map[string]component `json:"components"`
		Model      struct {
			Transition string `json:"transitionStatus"`
			Failure    *struct {
				Reason   string `json:"reason"`
				Message  string `json:"message"`
				Revision string `json:"modelRevisionName"`
			} `json:"lastFailureInfo"`
		} `json:"modelStatus"`
		Canaries []struct {
			Name  string `json:"name"`
			Ready bool   `json:"ready"`
		} `json:"canaryStatuses"`
		Runtime       string `json:"servingRuntimeName"`
		SharedRuntime string `json:"clusterServingRuntimeName"`
	} `json:"status"`
}

type predictor struct {
	Name        string            `json:"name"`
	Min         *int32            `json:"minReplicas"`
	Max         int32             `json:"maxReplicas"`
	Percent     *int              `json:"canaryTrafficPercent"`
	Worker      json.RawMessage   `json:"workerSpec"`
	Annotations map[string]string `json:"annotations"`
}

func (p *predictor) multiNode() bool { return len(p.Worker) > 0 && string(p.Worker) != "null" }

// least is how many replicas it keeps at the least.
func (p *predictor) least() int {
	if p.Min == nil {
		return 1
	}
	return int(*p.Min)
}

type component struct {
	Ready     string `json:"latestReadyRevision"`
	Created   string `json:"latestCreatedRevision"`
	RolledOut string `json:"latestRolledoutRevision"`
	Traffic   []struct {
		Revision string `json:"revisionName"`
		Latest   bool   `json:"latestRevision"`
		Percent  *int   `json:"percent"`
		Tag      string `json:"tag"`
	} `json:"traffic"`
}

// share is the percentage that the newest revision gets, which the route says.
func (c *component) share() (n int, ok bool) {
	for _, t := range c.Traffic {
		if (t.Latest || t.Revision == c.Ready) && t.Tag != "prev" && t.Percent != nil {
			n, ok = n+*t.Percent, true
		}
	}
	return n, ok
}

// mode is one of the ways in which KServe serves.
type mode string

const (
	knative  mode = "Knative"
	standard mode = "Standard"
	mesh     mode = "ModelMesh"
)

// mode goes by the status, which cannot change; before there is one by the annotation. "" is not known: the default of the
// installation counts then. Both have older spellings.
func (s *inferenceService) mode() mode {
	said := s.Status.Mode
	if said == "" {
		said = s.Annotations[modeMark]
	}
	switch said {
	case "Knative", "Serverless":
		return knative
	case "Standard", "RawDeployment":
		return standard
	}
	return mode(said)
}

func (s *inferenceService) condition(typ string) (condition, bool) {
	for _, c := range s.Status.Conditions {
		if c.Type == typ {
			return c, true
		}
	}
	return condition{}, false
}

func (s *inferenceService) isReady() bool {
	c, _ := s.condition("Ready")
	return c.Status == "True"
}

func (s *inferenceService) stopped() bool { return s.Annotations[stopMark] == "true" }

// frozen is why edits of the spec do nothing: the controller leaves out a service that is ready and has the mark.
func (s *inferenceService) frozen() fleet.Safe {
	if s.Annotations[frozenMark] == "true" && s.isReady() {
		return fleet.Text("annotation " + frozenMark + " is set: while it is Ready, KServe does not look at its spec")
	}
	return fleet.Safe{}
}

func (c condition) text() fleet.Safe {
	return fleet.Textf("%s is %s: %s", fleet.Quote(c.Type), fleet.Quote(c.Status), podstate.Because(c.Reason, podstate.Clip(c.Message, 300)))
}
