package plan

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// A plan says which prompts are asked and how many answers that takes, without a word of them, and what it means that there
// are none.
func TestAPlanSaysWhatNewReplicasAreAsked(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	o := fleet.ObjectRef{Cluster: "east", Kind: "Deployment", Namespace: "llm", Name: "llama"}
	s := &fleet.Snapshot{Env: fleet.EnvStage, At: now, Pools: []fleet.Pool{{Spec: fleet.PoolSpec{ID: "llama", Model: "llama-70b", Workload: o}}}}
	words := []fleet.GoldenMessage{{Role: "user", Text: fleet.NewUnsaid("PRIVATE")}}
	prompts := []fleet.GoldenPrompt{{Name: "sum", Messages: words}, {Name: "five", Messages: words, Models: []fleet.ModelName{"llama-70b"}, Repeat: 5, Pass: 4},
		{Name: "other", Messages: words, Pools: []fleet.PoolID{"qwen"}}}
	roll := fleet.Rollout{Object: o, Desired: 4, UpdatedReady: 4, UpdatedPods: []string{"a"}}
	halfway := roll
	halfway.UpdatedReady, halfway.OldPods = 1, []string{"b"}
	lone := fleet.Rollout{Object: fleet.ObjectRef{Cluster: "azure", Kind: "OnlineEndpoint", Name: "llama"}, Desired: 1,
		Now: fleet.Version{Served: []fleet.Safe{fleet.Text("llama-70b")}}}
	for name, c := range map[string]struct {
		kind    actions.Kind
		was     fleet.Rollout
		prompts []fleet.GoldenPrompt
		asks    int
		note    string
	}{
		"upgrade":    {actions.KindUpgrade, roll, prompts, 2, "golden: 2 prompts to each new replica before the next stage, 4 replicas: up to 24 answers, which cost tokens"},
		"promote":    {actions.KindPromote, halfway, prompts, 2, "golden: 2 prompts to each new replica before anything is written, 1 replica: up to 6 answers"},
		"nothing":    {actions.KindUpgrade, roll, prompts[2:], 0, "no golden prompt is configured for pool llama: wrong answers under green metrics are not caught"},
		"no roll":    {actions.KindPromote, roll, prompts, 0, ""},
		"scale":      {actions.KindScale, halfway, prompts, 0, ""},
		"way back":   {actions.KindRestore, halfway, prompts, 0, ""},
		"by traffic": {actions.KindTraffic, halfway, prompts, 2, "before anything is written"},
		"no pool":    {actions.KindUpgrade, lone, prompts, 1, "where its new replicas are not read, each stage waits for a person"},
	} {
		in := actions.Intent{Kind: c.kind, Work: &actions.WorkIntent{Object: o}}
		draft := fleet.Draft{Stages: []fleet.Stage{{Text: fleet.Text("all"), Until: fleet.Until{Done: true}}}}
		p, err := Facts{Golden: c.prompts}.Work(in, c.was, draft, nil, s, now)
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(p)
		if err != nil || strings.Contains(string(body), "PRIVATE") || len(p.Work.Golden) != c.asks {
			t.Errorf("%s: %v, asks %v", name, err, p.Work.Golden)
		}
		said := ""
		for _, n := range p.Notes {
			said += n.String() + "\n"
		}
		if !strings.Contains(said, c.note) || c.note == "" && strings.Contains(said, "golden") {
			t.Errorf("%s says %q", name, said)
		}
	}
}
