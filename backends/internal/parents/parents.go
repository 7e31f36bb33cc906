// Package parents judges what gateways say of an object that names them, by the conditions that the Gateway API keeps for each
// of them. All of it is a word of controllers: what proxies do is seen by what back ends get. It is pure.
package parents

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/podstate"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// Ref names a gateway.
type Ref struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Section   string `json:"sectionName"`
	Port      int    `json:"port"`
}

// In fills in what a reference leaves out: the object's own namespace.
func (p Ref) In(namespace string) Ref {
	if p.Namespace == "" {
		p.Namespace = namespace
	}
	return p
}

// Text is its name for a sentence.
func (p Ref) Text() fleet.Safe {
	t := fleet.Quote(p.Namespace + "/" + p.Name)
	if p.Section != "" {
		t = fleet.Textf("%s, listener %s", t, fleet.Quote(p.Section))
	}
	return t
}

// Said is what one gateway says.
type Said struct {
	Parent     Ref                `json:"parentRef"`
	Conditions []metav1.Condition `json:"conditions"`
}

// Object is what they speak of.
type Object struct {
	Namespace  string
	Generation int64
	Parents    []Ref
	Said       []Said
}

// Stands asks what each gateway of the object says of it as it is now.
func (o Object) Stands() stuck.Verdict {
	for _, v := range o.verdicts() {
		if v.Phase != fleet.RolloutDone {
			return v.Verdict
		}
	}
	return stuck.Verdict{Phase: fleet.RolloutDone}
}

// Pending says why the newest state of the object is not in force, "" where it is. A back end that is not there does not keep a
// gateway from taking weights, which may be set to lead away from it: that is in Troubles.
func (o Object) Pending() fleet.Safe {
	for _, v := range o.verdicts() {
		if v.Phase != fleet.RolloutDone && !v.inForce {
			return v.Why
		}
	}
	return fleet.Safe{}
}

// Troubles are what gateways find wrong with an object that they took.
func (o Object) Troubles() []fleet.Safe {
	var list []fleet.Safe
	for _, v := range o.verdicts() {
		if v.inForce {
			list = append(list, v.Why)
		}
	}
	return list
}

// verdict is what one gateway says. inForce tells of a bad one that the gateway took what is asked all the same.
type verdict struct {
	stuck.Verdict
	inForce bool
}

func (o Object) verdicts() []verdict {
	if len(o.Parents) == 0 {
		return []verdict{{Verdict: stuck.Verdict{Phase: fleet.RolloutUnknown, Why: fleet.Text("it names no gateway")}}}
	}
	var list []verdict
	for _, p := range o.Parents {
		p = p.In(o.Namespace)
		said := false
		for i := range o.Said {
			if o.Said[i].Parent.In(o.Namespace) == p {
				said = true
				list = append(list, o.parentStands(p, o.Said[i].Conditions))
			}
		}
		if !said {
			list = append(list, unseen(fleet.Textf("gateway %s has said nothing of it yet", p.Text())))
		}
	}
	return list
}

func unseen(why fleet.Safe) verdict {
	return verdict{Verdict: stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}}
}

// parentStands is done where a gateway took all of the newest object.
func (o Object) parentStands(p Ref, list []metav1.Condition) verdict {
	bad := verdict{inForce: true}
	good := 0
	for i := range list {
		c := &list[i]
		wanted := c.Type == "Accepted" || c.Type == "ResolvedRefs"
		switch {
		case !wanted && c.Type != "PartiallyInvalid":
		case c.ObservedGeneration < o.Generation && wanted:
			return unseen(fleet.Textf("gateway %s has seen generation %s and not yet %s", p.Text(), fleet.Int(c.ObservedGeneration),
				fleet.Int(o.Generation)))
		case c.ObservedGeneration < o.Generation: // one that went with the older object
		case (c.Status == metav1.ConditionTrue) == wanted:
			good++
		default:
			bad.add(c, p)
		}
	}
	switch {
	case !bad.Why.IsEmpty():
		return bad
	case good < 2:
		return unseen(fleet.Textf("gateway %s has not said whether it takes it", p.Text()))
	}
	return verdict{Verdict: stuck.Verdict{Phase: fleet.RolloutDone}}
}

// add takes a bad condition in; what keeps the object out counts before a back end that is not there.
func (v *verdict) add(c *metav1.Condition, p Ref) {
	out := c.Type != "ResolvedRefs"
	if !v.Why.IsEmpty() && (!out || !v.inForce) {
		return
	}
	v.Phase, v.Why, v.Since = fleet.RolloutStuck, fleet.Textf("gateway %s: %s", p.Text(), ConditionText(c)), c.LastTransitionTime.UTC()
	v.inForce = v.inForce && !out
	if c.Type == "Accepted" {
		v.Phase = fleet.RolloutFailed
	}
}

// ConditionText is one condition in words.
func ConditionText(c *metav1.Condition) fleet.Safe {
	return fleet.Textf("%s is %s: %s", fleet.Quote(c.Type), fleet.Quote(string(c.Status)),
		podstate.Because(c.Reason, podstate.Clip(c.Message, 300)))
}
