package child

import (
	"context"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/owner"
	"pitwall/fleet"
)

// RevisionKind is where a LeaderWorkerSet keeps what its newest groups are made of.
var RevisionKind = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "controllerrevisions", Kind: "ControllerRevision"}

// groupTemplates are the parts of a LeaderWorkerSet of which groups are made.
type groupTemplates struct {
	Spec struct {
		Replicas *int32 `json:"replicas"`
		Template struct {
			Leader *corev1.PodTemplateSpec `json:"leaderTemplate"`
			Worker corev1.PodTemplateSpec  `json:"workerTemplate"`
			Size   *int32                  `json:"size"`
		} `json:"leaderWorkerTemplate"`
	} `json:"spec"`
}

// leader is the template of the pods that lead: that of the workers where it has none of its own.
func (g *groupTemplates) leader() *corev1.PodTemplateSpec {
	if t := g.Spec.Template.Leader; t != nil {
		return t
	}
	return &g.Spec.Template.Worker
}

// GroupsTaken says what of a LeaderWorkerSet its controller has not taken up, for versions before 0.9.0, of which no field says
// which generation they saw. The StatefulSet of leaders names the revision that it is made of, which holds both templates; where that
// may not be read, or does not exist, the leaders' own template and the workers' pods are compared. Where nothing can be, the reason
// is in unknown.
func GroupsTaken(ctx context.Context, c fleet.Objects, set fleet.ObjectRef, doc any) (untaken, unknown fleet.Safe, err error) {
	var want groupTemplates
	if err := jsonptr.Into(doc, &want); err != nil {
		return untaken, unknown, err
	}
	at := set
	at.Kind = StatefulSetKind.Kind
	body, err := c.Get(ctx, StatefulSetKind, at)
	if err != nil {
		return untaken, fleet.Textf("this version of LeaderWorkerSet does not say what it saw, and its StatefulSet cannot be read: %s",
			fleet.Cause(err)), nil
	}
	var leaders appsv1.StatefulSet
	if err := jsonptr.Typed(body, &leaders); err != nil {
		return untaken, unknown, err
	}
	if n, ok := leaders.Annotations[owner.LWSReplicas]; ok && want.Spec.Replicas != nil && n != strconv.Itoa(int(*want.Spec.Replicas)) {
		return fleet.Textf("StatefulSet %s is for %s groups, wanted are %s", fleet.Quote(set.Name), fleet.Quote(n),
			fleet.Int(int(*want.Spec.Replicas))), unknown, nil
	}
	was, err := groupRevision(ctx, c, set, leaders.Labels[owner.LWSHash])
	switch {
	case err != nil:
		return untaken, unknown, err
	case was != nil && !equality.Semantic.DeepEqual(was.Spec.Template, want.Spec.Template):
		return fleet.Textf("the revision of which StatefulSet %s is made does not hold the newest templates yet", fleet.Quote(set.Name)),
			unknown, nil
	case was != nil:
		return untaken, unknown, nil
	case !runsAll(&leaders.Spec.Template, want.leader()):
		return fleet.Textf("StatefulSet %s does not hold the newest template yet", fleet.Quote(set.Name)), unknown, nil
	}
	untaken, err = oldWorkers(ctx, c, set, &want.Spec.Template.Worker)
	return untaken, unknown, err
}

// groupRevision is what a revision holds, nil where there is none to be read.
func groupRevision(ctx context.Context, c fleet.Objects, set fleet.ObjectRef, hash string) (*groupTemplates, error) {
	if hash == "" {
		return nil, nil //nolint:nilnil // a version that keeps no revisions
	}
	of := owner.LWSName + "=" + set.Name + "," + owner.LWSHash + "=" + hash
	list, err := listing.Of[appsv1.ControllerRevision](ctx, c, RevisionKind, set.Namespace, of)
	if err = PassOver(err); err != nil {
		return nil, err
	}
	var newest *appsv1.ControllerRevision
	for _, r := range list {
		if newest == nil || r.Revision > newest.Revision {
			newest = r
		}
	}
	if newest == nil {
		return nil, nil //nolint:nilnil // as above
	}
	was := new(groupTemplates)
	return was, jsonptr.Typed(fleet.JSON(newest.Data.Raw), was)
}

// oldWorkers says that a worker does not run what the template of workers says.
func oldWorkers(ctx context.Context, c fleet.Objects, set fleet.ObjectRef, worker *corev1.PodTemplateSpec) (fleet.Safe, error) {
	pods, _, err := Groups(ctx, c, set)
	if err != nil {
		return fleet.Safe{}, err
	}
	for _, p := range pods {
		if p.Labels[owner.LWSWorker] != "0" && !runsAll(&corev1.PodTemplateSpec{Spec: p.Spec}, worker) {
			return fleet.Textf("pod %s does not run what the newest template of workers says", fleet.Quote(p.Name)), nil
		}
	}
	return fleet.Safe{}, nil
}

// runsAll compares what containers run: controllers add to the rest of a template, and to the variables.
func runsAll(has, want *corev1.PodTemplateSpec) bool {
	for _, pair := range [][2][]corev1.Container{{has.Spec.Containers, want.Spec.Containers},
		{has.Spec.InitContainers, want.Spec.InitContainers}} {
		for i := range pair[1] {
			if !holds(pair[0], &pair[1][i]) {
				return false
			}
		}
	}
	return true
}

func holds(boxes []corev1.Container, want *corev1.Container) bool {
	for i := range boxes {
		has := &boxes[i]
		if has.Name != want.Name {
			continue
		}
		if has.Image != want.Image || !equality.Semantic.DeepEqual(has.Args, want.Args) ||
			!equality.Semantic.DeepEqual(has.Command, want.Command) {
			return false
		}
		for _, e := range want.Env {
			if !hasVariable(has.Env, &e) {
				return false
			}
		}
		return true
	}
	return false
}

func hasVariable(list []corev1.EnvVar, e *corev1.EnvVar) bool {
	for i := range list {
		if list[i].Name == e.Name {
			return list[i].Value == e.Value
		}
	}
	return false
}
