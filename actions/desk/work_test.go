package desk

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

// roller drafts one write on whatever it is asked for, and misses the right to send it.
type roller struct{ stands fleet.Standing }

var llama = fleet.ObjectRef{Cluster: "east", Kind: "Deployment", Namespace: "llm", Name: "llama"}

func (roller) Rollout(_ context.Context, o fleet.ObjectRef) (fleet.Rollout, error) {
	return fleet.Rollout{Object: o, Phase: fleet.RolloutDone, Desired: 2}, nil
}

func (roller) Draft(_ context.Context, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	if w.Do != fleet.DoScale {
		return fleet.Draft{}, &fleet.Error{Kind: fleet.KindUnsupported, Op: "draft"}
	}
	write := fleet.ObjectWrite{Object: r.Object, Part: "scale", Verb: fleet.WriteSet,
		Fields: []fleet.Field{{Path: "/spec/replicas", Before: fleet.JSON("2"), After: fleet.JSON("3")}}}
	return fleet.Draft{Stages: []fleet.Stage{{Writes: []fleet.ObjectWrite{write, write}, Until: fleet.Until{Done: true}}}}, nil
}

func (r roller) Stand(context.Context, fleet.ObjectWrite) (fleet.Standing, error) {
	return r.stands, nil
}

func (roller) May(context.Context, fleet.ObjectWrite) error {
	return &fleet.Error{Kind: fleet.KindAuth, Op: "scale", Err: errors.New("it lacks patch on deployments/scale in llm")}
}

func TestAPlanOfAnObjectSaysWhichRightsAreMissing(t *testing.T) {
	r := open(t, Options{Env: fleet.EnvStage, Roller: func(fleet.ClusterID) (fleet.Roller, bool) { return roller{}, true }})
	in := actions.Intent{Kind: actions.KindScale, Work: &actions.WorkIntent{Object: llama, Want: fleet.Want{Do: fleet.DoScale}}}
	p, err := r.Plan(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Work.Denied) != 1 || !strings.Contains(p.Work.Denied[0].String(), "lacks patch on deployments/scale") {
		t.Errorf("denied: %v", p.Work.Denied)
	}
	for _, c := range r.Check(p) {
		if c.ID == "IL-39" && c.Severity != actions.SeverityHard {
			t.Errorf("%s %s", c.Severity, c.Formula)
		}
	}
	if err := r.Refusal(t.Context(), in); err != nil {
		t.Errorf("what can be planned is refused: %v", err)
	}
	in.Kind, in.Work.Want.Do = actions.KindPause, fleet.DoPause
	if err := r.Refusal(t.Context(), in); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("what cannot be drafted is refused with: %v", err)
	}
	if _, err := r.Plan(in); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Error(err)
	}
}

func TestWithoutAClusterNothingIsPlannedOnObjects(t *testing.T) {
	r := open(t, Options{Env: fleet.EnvStage})
	in := actions.Intent{Kind: actions.KindScale, Work: &actions.WorkIntent{Object: llama}}
	if err := r.Refusal(t.Context(), in); fleet.KindOf(err) != fleet.KindNotFound {
		t.Error(err)
	}
	_, err := r.Plan(in)
	if fleet.KindOf(err) != fleet.KindNotFound || !strings.Contains(err.Error(), `no cluster "east" is read`) {
		t.Error(err)
	}
}
