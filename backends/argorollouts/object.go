package argorollouts

import (
	"encoding/json"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// Marks of the controller.
const (
	hashLabel      = owner.RolloutHash
	revisionMark   = "rollout.argoproj.io/revision"
	generationMark = "rollout.argoproj.io/workload-generation"
)

// object holds the fields of a Rollout that are read (v1.9).
type object struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              spec   `json:"spec"`
	Status            status `json:"status"`
}

type spec struct {
	Replicas  *int32                `json:"replicas"`
	Paused    bool                  `json:"paused"`
	Selector  *metav1.LabelSelector `json:"selector"`
	Workload  *reference            `json:"workloadRef"`
	Deadline  *int32                `json:"progressDeadlineSeconds"`
	AbortLate bool                  `json:"progressDeadlineAbort"`
	RestartAt string                `json:"restartAt"`
	MinReady  int32                 `json:"minReadySeconds"`
	Window    *struct {
		Revisions int32 `json:"revisions"`
	} `json:"rollbackWindow"`
	Strategy struct {
		Canary    *canary    `json:"canary"`
		BlueGreen *blueGreen `json:"blueGreen"`
	} `json:"strategy"`
}

type reference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
}

type canary struct {
	Steps    []step              `json:"steps"`
	Routing  json.RawMessage     `json:"trafficRouting"`
	Dynamic  bool                `json:"dynamicStableScale"`
	MaxSurge *intstr.IntOrString `json:"maxSurge"`
	MaxAway  *intstr.IntOrString `json:"maxUnavailable"`
}

func (c *canary) routed() bool { return c != nil && len(c.Routing) > 0 && string(c.Routing) != "null" }

// most is the weight that stands for all traffic.
func (c *canary) most() int {
	var routing struct {
		Most *int `json:"maxTrafficWeight"`
	}
	if c.routed() && json.Unmarshal(c.Routing, &routing) == nil && routing.Most != nil && *routing.Most > 0 {
		return *routing.Most
	}
	return 100
}

type blueGreen struct {
	Auto    *bool  `json:"autoPromotionEnabled"` // true where nothing is said
	Preview *int32 `json:"previewReplicaCount"`
}

// goesOn tells that the new version gets its traffic without a person.
func (b *blueGreen) goesOn() bool { return b != nil && (b.Auto == nil || *b.Auto) }

// step is one step: it has one key.
type step map[string]json.RawMessage

type status struct {
	Phase      string  `json:"phase"`
	Message    string  `json:"message"`
	Observed   string  `json:"observedGeneration"` // text
	WorkloadAt string  `json:"workloadObservedGeneration"`
	Step       *int32  `json:"currentStepIndex"`
	PodHash    string  `json:"currentPodHash"`
	StableHash string  `json:"stableRS"`
	Abort      bool    `json:"abort"`
	Paused     bool    `json:"controllerPause"`
	Pauses     []pause `json:"pauseConditions"`
	Full       bool    `json:"promoteFull"`
	Replicas   int32   `json:"replicas"`
	Updated    int32   `json:"updatedReplicas"`
	Ready      int32   `json:"readyReplicas"`
	Available  int32   `json:"availableReplicas"`
	Conditions []struct {
		Type    string      `json:"type"`
		Status  string      `json:"status"`
		Reason  string      `json:"reason"`
		Message string      `json:"message"`
		Since   metav1.Time `json:"lastTransitionTime"`
	} `json:"conditions"`
	Canary struct {
		Analysis   *analysis `json:"currentStepAnalysisRunStatus"`
		Background *analysis `json:"currentBackgroundAnalysisRunStatus"` // goes on beside the steps, pauses included
		Weights    *struct {
			Canary weight `json:"canary"`
			Stable weight `json:"stable"`
		} `json:"weights"`
	} `json:"canary"`
	BlueGreen struct {
		Active  string    `json:"activeSelector"`
		Preview string    `json:"previewSelector"`
		Before  *analysis `json:"prePromotionAnalysisRunStatus"` // has to pass before the pause
	} `json:"blueGreen"`
}

// analysis is one AnalysisRun: Pending, Running, Successful, Failed, Error or Inconclusive.
type analysis struct {
	Name    string `json:"name"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

type pause struct {
	Reason string      `json:"reason"`
	Start  metav1.Time `json:"startTime"`
}

type weight struct {
	Weight int    `json:"weight"`
	Hash   string `json:"podTemplateHash"`
}

func (o *object) desired() int {
	if o.Spec.Replicas == nil {
		return 1
	}
	return int(*o.Spec.Replicas)
}

func (o *object) steps() []step {
	if o.Spec.Strategy.Canary == nil {
		return nil
	}
	return o.Spec.Strategy.Canary.Steps
}

// at is the index of the step in force; the number of steps once all are over.
func (o *object) at() int {
	if o.Status.Step == nil {
		return 0
	}
	return min(max(int(*o.Status.Step), 0), len(o.steps()))
}

// promoted tells that one version is all there is.
func (o *object) promoted() bool { return o.Status.StableHash == o.Status.PodHash }

// unpausing tells that a pause was lifted and the controller has not gone on yet. Nothing else says so, since a status
// moves no generation.
func (o *object) unpausing() bool { return o.Status.Paused && len(o.Status.Pauses) == 0 }

// waitsAt is the pause that only a person ends, or else the first one that ends by itself; person tells which. A step's own pause
// may have a length, and blue-green may have been told to go on after some time.
func (o *object) waitsAt() (p pause, person bool) {
	for i := len(o.Status.Pauses) - 1; i >= 0; i-- {
		this, at := o.Status.Pauses[i], o.at()
		byItself := this.Reason == canaryPause && at < len(o.steps()) && !o.steps()[at].waits() ||
			this.Reason == bluePause && o.Spec.Strategy.BlueGreen.goesOn()
		if !person || !byItself {
			p, person = this, person || !byItself
		}
	}
	return p, person
}

// ownPause is the step, from 1, at whose own pause the controller stands until a person lifts that; 0 where it does not, or where
// something else keeps it too, such as an analysis that proved nothing. Blue-green has one pause and no steps.
func (o *object) ownPause() int {
	st, at := &o.Status, o.at()
	if !st.Paused || st.Abort || st.Full || len(st.Pauses) == 0 {
		return 0
	}
	for _, p := range st.Pauses {
		if p.Reason != canaryPause && p.Reason != bluePause {
			return 0
		}
	}
	switch b := o.Spec.Strategy.BlueGreen; {
	case b.goesOn(), st.BlueGreen.Before != nil && st.BlueGreen.Before.Status != "Successful":
		return 0
	case b != nil:
		return 1
	case at < len(o.steps()) && o.steps()[at].waits():
		return at + 1
	}
	return 0
}

// inconclusive tells that the analysis of the step neither passed nor failed.
func (o *object) inconclusive() bool {
	a := o.Status.Canary.Analysis
	return a != nil && a.Status == "Inconclusive"
}

func (o *object) deadline() time.Duration {
	if o.Spec.Deadline == nil {
		return 10 * time.Minute
	}
	return time.Duration(*o.Spec.Deadline) * time.Second
}

// condition words a condition by its reason, or by its type; "" where there is none that holds.
func (o *object) condition(typ, reason string) (fleet.Safe, time.Time) {
	for _, c := range o.Status.Conditions {
		if c.Type == typ && (reason == "" && c.Status == "True" || reason != "" && c.Reason == reason) {
			return podstate.Because(c.Reason, podstate.Clip(c.Message, 300)), c.Since.UTC()
		}
	}
	return fleet.Safe{}, time.Time{}
}

// text words a step: "setWeight 20", "pause 10m", "pause until somebody advances it".
func (s step) text() fleet.Safe {
	for name, raw := range s {
		switch name {
		case "setWeight":
			return fleet.Textf("setWeight %s", fleet.Quote(string(raw)))
		case "pause":
			if d := s.pause(); d != "" {
				return fleet.Textf("pause %s", fleet.Quote(d))
			}
			return fleet.Text("pause until somebody advances it")
		}
		return fleet.Quote(name)
	}
	return fleet.Text("an empty step")
}

// waits tells a pause that ends only by a person.
func (s step) waits() bool {
	_, ok := s["pause"]
	return ok && s.pause() == ""
}

// pause is how long a pause is, "" for one without an end. A bare number is seconds.
func (s step) pause() string {
	var p struct {
		Duration *intstr.IntOrString `json:"duration"`
	}
	if json.Unmarshal(s["pause"], &p) != nil || p.Duration == nil {
		return ""
	}
	if p.Duration.Type == intstr.Int {
		return strconv.Itoa(p.Duration.IntValue()) + "s"
	}
	if _, err := strconv.Atoi(p.Duration.StrVal); err == nil {
		return p.Duration.StrVal + "s"
	}
	return p.Duration.StrVal
}

// canaryScale is how many canary pods a step asks for whatever the weight is; nil where it asks for none, or for as many as the
// weight says again.
type canaryScale struct {
	Replicas *int `json:"replicas"`
	Weight   *int `json:"weight"`
	Matches  bool `json:"matchTrafficWeight"`
}

// scale is what a step says of the number of canary pods; ok tells that it does.
func (s step) scale() (c canaryScale, ok bool) {
	raw, ok := s["setCanaryScale"]
	return c, ok && json.Unmarshal(raw, &c) == nil
}

// weight is the part of all traffic that a step sets.
func (s step) weight() (int, bool) {
	n, err := strconv.Atoi(string(s["setWeight"]))
	return n, err == nil
}
