package viewtest

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Llama is the object that the wireframes upgrade.
func Llama() fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: "prod-eu-1", Kind: "Deployment", Namespace: "llm", Name: "llama-70b"}
}

var deploymentKind = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment"}

// Rollouts is how objects of Clusters stand: one that can never finish, one whose autoscaler is held, one that is done.
func Rollouts() map[fleet.ObjectRef]fleet.Rollout {
	out := map[fleet.ObjectRef]fleet.Rollout{Llama(): StuckRollout()}
	embed := StuckRollout()
	embed.Object = ref("Deployment", "qwen-embed")
	embed.Now = fleet.Version{Name: fleet.Text("revision 3"), ID: "3", Image: fleet.Text("registry.example.net/vllm:0.24.0"),
		Weights: fleet.Text("Qwen/Qwen3-Embedding-8B"), Served: []fleet.Safe{fleet.Text("qwen-embed")}}
	embed.Old, embed.Runs, embed.OldPods, embed.UpdatedPods = fleet.Version{}, nil, nil, []string{"qwen-embed-845c-m4x9t"}
	embed.Desired, embed.Updated, embed.Ready, embed.GPUsEach, embed.UpdatedReady = 2, 2, 1, 1, 1
	embed.Phase, embed.Never, embed.Why = fleet.RolloutPaused, false, fleet.Text("paused: 2 of 2 replicas are new")
	embed.Scaler = fleet.Scaler{Object: ref("ScaledObject", "qwen-embed"), Min: 2, Max: 6, Wants: 2, Held: fleet.Text("paused at 2")}
	embed.GitOps = fleet.Text("Argo CD application embeddings")
	out[embed.Object] = embed
	return out
}

func ref(kind, name string) fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: "prod-eu-1", Kind: kind, Namespace: "llm", Name: name}
}

// StuckRollout is a roll that waits for GPUs which nobody gives back.
func StuckRollout() fleet.Rollout {
	return fleet.Rollout{
		Object: Llama(), API: deploymentKind, System: fleet.Text("Deployment"), UID: "uid-llama-70b", At: Now(), Unit: fleet.Text("replicas"),
		Now: fleet.Version{Name: fleet.Text("revision 42"), ID: "42", Image: fleet.Text("registry.example.net/vllm:0.24.0"),
			Weights: fleet.Text("meta-llama/Llama-3.3-70B-Instruct"), Revision: fleet.Text("6f6073b4"),
			Served: []fleet.Safe{fleet.Text("llama-70b")}},
		Old: fleet.Version{Name: fleet.Text("revision 41"), ID: "41", Image: fleet.Text("registry.example.net/vllm:0.23.0")},
		Runs: []fleet.Version{{Name: fleet.Text("revision 41"), ID: "41", Image: fleet.Text("registry.example.net/vllm:0.23.0")},
			{Name: fleet.Text("revision 40"), ID: "40", Image: fleet.Text("registry.example.net/vllm:0.22.1")}},
		Desired: 4, Updated: 2, Ready: 1, Available: 1, Total: 5, UpdatedReady: 0, GPUsEach: 8, Product: fleet.Text("NVIDIA-B200"),
		UpdatedPods: []string{"llama-70b-6c9f7d5b4-pp8vd", "llama-70b-canary-5d8f-abcde"},
		OldPods:     []string{"llama-70b-6c9f7d5b4-2x4zk", "llama-70b-6c9f7d5b4-7hq2m", "llama-70b-6c9f7d5b4-old01"},
		Phase:       fleet.RolloutStuck, Never: true, Since: ago(12 * time.Minute), Deadline: 10 * time.Minute,
		Why:   fleet.Text("1 pod Pending: 8 nvidia.com/gpu asked, 0 free, maxUnavailable 0: will never finish"),
		Surge: fleet.Surge{Extra: 1},
	}
}

// UpgradePlan is a canary of an image and of a flag, in two stages.
func UpgradePlan() actions.Plan {
	set := func(path, before, after string) fleet.Field {
		f := fleet.Field{Path: path}
		if before != "" {
			f.Before = fleet.JSON(before)
		}
		if after != "" {
			f.After = fleet.JSON(after)
		}
		return f
	}
	write := func(text string, fields ...fleet.Field) []fleet.ObjectWrite {
		return []fleet.ObjectWrite{{Object: Llama(), API: deploymentKind, UID: "uid-llama-70b", Verb: fleet.WriteSet, Fields: fields,
			Text: fleet.Label(text)}}
	}
	was := StuckRollout()
	was.Phase, was.Never, was.Why, was.Ready, was.Updated, was.Old = fleet.RolloutDone, false, fleet.Safe{}, 4, 4, fleet.Version{}
	draft := fleet.Draft{Extra: 8, Down: 1, Notes: []fleet.Safe{fleet.Text("earlier loads took 4m, the progress deadline is 10m")},
		Stages: []fleet.Stage{
			{Text: fleet.Text("image of container vllm: vllm:0.24.0 -> vllm:0.25.0; until 1 of 4 replicas is new"), Canary: true,
				Writes: write("image of container vllm: vllm:0.24.0 -> vllm:0.25.0",
					set("/spec/template/spec/containers/0/image", `"registry.example.net/vllm:0.24.0"`, `"registry.example.net/vllm:0.25.0"`),
					set("/spec/template/spec/containers/0/args", `["serve","--max-model-len","8192"]`, `["serve","--max-model-len","16384"]`),
					set("/spec/template/spec/containers/0/name", `"vllm"`, `"vllm"`)),
				Until: fleet.Until{Updated: 1, Ready: 1}, Then: write("pause", set("/spec/paused", "", "true"))},
			{Text: fleet.Text("resume to the end"), Writes: write("resume", set("/spec/paused", "true", "")), Until: fleet.Until{Done: true}},
		}}
	object := actions.WorkIntent{Object: Llama(), Want: fleet.Want{Do: fleet.DoUpgrade, Image: "registry.example.net/vllm:0.25.0"}}
	return actions.Plan{
		Format: 1, Digest: "ebcdbe1100", Created: ago(8 * time.Second), Context: "prod-eu-1", Env: fleet.EnvProd, Mode: fleet.ModeLive,
		Intent: actions.Intent{Kind: actions.KindUpgrade, Actor: actions.Actor{Name: "mara", Verified: true}, Work: &object},
		Steps:  []actions.Step{{N: 1, Hold: 15 * time.Minute}, {N: 2}}, Soak: actions.DefaultSoak, SeenGen: 4711, SeenAt: Now(),
		Notes: draft.Notes,
		Work: &actions.WorkPlan{Was: was, Draft: draft, Free: fleet.Some(8), Hold: 15 * time.Minute, Give: 5 * time.Minute,
			Takes:    fleet.Some(37 * time.Minute),
			TakesWhy: fleet.Text("3 rounds of 4m (90th percentile of 4 starts), 15m compared, 10m watched")},
	}
}

// DrainPlan moves two pods away from a machine, one of which is the last of its workload.
func DrainPlan() actions.Plan {
	p := UpgradePlan()
	node := fleet.ObjectRef{Cluster: "prod-eu-1", Kind: "Node", Name: "b200-a-01"}
	evict := func(text, pod string) fleet.Stage {
		return fleet.Stage{Text: fleet.Label(text), Until: fleet.Until{Gone: true},
			Writes: []fleet.ObjectWrite{{Verb: fleet.WriteEvict, Part: "eviction",
				Object: fleet.ObjectRef{Cluster: "prod-eu-1", Kind: "Pod", Namespace: "llm", Name: pod}}}}
	}
	p.Intent.Kind, p.Intent.Work = actions.KindDrain, &actions.WorkIntent{Object: node, Want: fleet.Want{Do: fleet.DoDrain}}
	p.Work.Was = fleet.Rollout{Object: node, System: fleet.Text("Node"), Unit: fleet.Text("pods"), Desired: 2,
		Product: fleet.Text("NVIDIA-B200")}
	p.Work.Draft = fleet.Draft{Extra: 16, Down: 2,
		NoUndo: fleet.Text("a pod that was evicted does not come back to its node; uncordon opens the node for others"),
		Stages: []fleet.Stage{
			{Text: fleet.Text("cordon: no further pod comes here"), Writes: []fleet.ObjectWrite{{Verb: fleet.WriteSet, Object: node,
				Fields: []fleet.Field{{Path: "/spec/unschedulable", After: fleet.JSON("true")}}}}},
			evict("evict pod llm/llama-70b-6c9f7d5b4-2x4zk: Deployment llama-70b; "+
				"budget llama-70b allows 0, 3 of 4 healthy, 3 needed; the server refuses it now",
				"llama-70b-6c9f7d5b4-2x4zk"),
			evict("evict pod llm/llama-70b-canary-5d8f-abcde: Deployment llama-70b; "+
				"LAST REPLICA of llama-70b; asks for 8 nvidia.com/gpu, elsewhere 8 free",
				"llama-70b-canary-5d8f-abcde"),
		}}
	p.Notes = []fleet.Safe{fleet.Text("what is in their emptyDir volumes is lost: llm/llama-70b-6c9f7d5b4-2x4zk")}
	p.Steps, p.Work.Free = []actions.Step{{N: 1}, {N: 2}, {N: 3}}, fleet.Some(8)
	p.Work.Takes, p.Work.TakesWhy = fleet.None[time.Duration](), fleet.Safe{}
	return p
}

// UpgradeChange is the upgrade under way, in its canary stage: three figures are compared, one is over its limit.
func UpgradeChange() actions.Change {
	p := UpgradePlan()
	limit := func(name, was, is, limit, verdict string) actions.LimitNow {
		return actions.LimitNow{Name: fleet.Label(name), Before: fleet.Label(was), Now: fleet.Label(is), Limit: fleet.Label(limit),
			Verdict: verdict}
	}
	return actions.Change{
		ID: "c-131", Seq: 131, Plan: p, State: actions.StateVerifying, Step: 1, Started: ago(7 * time.Minute), Updated: ago(2 * time.Second),
		NextAt: Now().Add(12*time.Minute + 48*time.Second), Why: fleet.Text("stage 1 holds, old and new are compared"),
		Approval: actions.Approval{Typed: "llama-70b", Reason: "CVE in the engine", By: p.Intent.Actor, At: ago(7 * time.Minute)},
		Steps:    []actions.StepResult{{N: 1, Sent: ago(7 * time.Minute), Accepted: ago(7 * time.Minute), Verified: ago(132 * time.Second)}},
		Limits: []actions.LimitNow{limit("err%", "0.31", "0.28", "0.81", "PASS"), limit("ttft95", "720ms", "905ms", "864ms", "FAIL"),
			limit("itl95", "39ms", "41ms", "45ms", "PASS"), limit("output", "381", "379", "15 % up or down", "PASS")},
		Golden: []actions.Golden{{Replica: "llama-70b-canary-5d8f-abcde", Passed: 3, Prompts: 3, Verdict: "PASS", At: ago(2 * time.Minute)}},
		Guard:  actions.Guardian{PID: 4242, Host: "bastion-1", Alive: fleet.Some(true), Mine: true},
	}
}
