package flagger

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

// object holds the fields of a Canary that are read (v1.44).
type object struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Target    reference  `json:"targetRef"`
		Scaler    *reference `json:"autoscalerRef"`
		Analysis  *analysis  `json:"analysis"`
		Older     *analysis  `json:"canaryAnalysis"`
		Deadline  *int32     `json:"progressDeadlineSeconds"`
		Skip      bool       `json:"skipAnalysis"`
		Suspended bool       `json:"suspend"`
	} `json:"spec"`
	Status struct {
		Phase      string      `json:"phase"`
		Failed     int         `json:"failedChecks"`
		Weight     int         `json:"canaryWeight"`
		Iterations int         `json:"iterations"`
		Since      metav1.Time `json:"lastTransitionTime"`
		Conditions []struct {
			Type    string `json:"type"`
			Status  string `json:"status"`
			Reason  string `json:"reason"`
			Message string `json:"message"`

			Since metav1.Time `json:"lastTransitionTime"`
		} `json:"conditions"`
	} `json:"status"`
}

type reference struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

type analysis struct {
	Interval   string `json:"interval"`
	Iterations int    `json:"iterations"`
	MaxWeight  int    `json:"maxWeight"`
	Step       int    `json:"stepWeight"`
	Steps      []int  `json:"stepWeights"`
	Threshold  int    `json:"threshold"`
	Webhooks   []struct {
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"webhooks"`
}

// Phases of Flagger.
const (
	initializing     = "Initializing"
	initialized      = "Initialized"
	waiting          = "Waiting"
	progressing      = "Progressing"
	waitingPromotion = "WaitingPromotion"
	promoting        = "Promoting"
	finalising       = "Finalising"
	succeeded        = "Succeeded"
	failed           = "Failed"
)

// Gates are webhooks by whose answer Flagger waits, or goes back.
const (
	gateRollout   = "confirm-rollout"
	gateIncrease  = "confirm-traffic-increase"
	gatePromotion = "confirm-promotion"
	gateRollback  = "rollback"
)

// analysis is what is said of it, with Flagger's defaults.
func (o *object) analysis() analysis {
	var a analysis
	switch {
	case o.Spec.Analysis != nil:
		a = *o.Spec.Analysis
	case o.Spec.Older != nil:
		a = *o.Spec.Older
	}
	if a.Interval == "" {
		a.Interval = "1m"
	}
	if a.Threshold <= 0 {
		a.Threshold = 1
	}
	return a
}

// analyses tells that Flagger is at work on a change.
func (o *object) analyses() bool {
	switch o.Status.Phase {
	case waiting, progressing, waitingPromotion, promoting, finalising:
		return true
	}
	return false
}

// deadline is after how long without progress Flagger takes a roll back by itself.
func (o *object) deadline() time.Duration {
	if o.Spec.Deadline == nil {
		return 10 * time.Minute
	}
	return time.Duration(*o.Spec.Deadline) * time.Second
}

// gate names the webhook of a type, "" for none.
func (o *object) gate(typ string) string {
	for _, w := range o.analysis().Webhooks {
		if w.Type == typ {
			return w.Name
		}
	}
	return ""
}

// gateText says where a gate is opened; pitwall calls none.
func (o *object) gateText(typ string) fleet.Safe {
	if name := o.gate(typ); name != "" {
		return fleet.Textf("gate %s (webhook %s)", fleet.Label(typ), fleet.Quote(name))
	}
	return fleet.Textf("a gate %s", fleet.Label(typ))
}

// plan words the analysis: "10 % more every 1m up to 50 %".
func (o *object) plan() fleet.Safe {
	a := o.analysis()
	every := fleet.Quote(a.Interval)
	switch {
	case o.Spec.Analysis == nil && o.Spec.Older == nil:
		return fleet.Text("it has none: it is promoted as soon as it is ready")
	case o.Spec.Skip:
		return fleet.Text("skipAnalysis is set: it is promoted as soon as it is ready")
	case a.Iterations > 0:
		return fleet.Textf("%s, one every %s", fleet.Many(a.Iterations, "iteration"), every)
	case len(a.Steps) > 0:
		return fleet.Textf("%s up to %s %%, one every %s", fleet.Many(len(a.Steps), "weight"), fleet.Int(a.Steps[len(a.Steps)-1]), every)
	}
	return fleet.Textf("%s %% more every %s up to %s %%", fleet.Int(a.Step), every, fleet.Int(a.MaxWeight))
}
