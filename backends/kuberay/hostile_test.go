package kuberay

import (
	"strings"
	"testing"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func TestNonsenseInAnyFieldIsWithstood(t *testing.T) {
	o := New(fleet.NewVirtualClock(noon))
	wants := []fleet.Want{toRay2, {Do: fleet.DoUpgrade, Image: "ray:3", Weights: "Qwen/Q8", Revision: "r2", Args: []fleet.ArgEdit{{Flag: "--max-model-len", Value: "9"}}},
		{Do: fleet.DoRestart, Stamp: noon}, {Do: fleet.DoScale, Replicas: fleet.Some(3)}, {Do: fleet.DoHoldScaler, Replicas: fleet.Some(3)},
		{Do: fleet.DoPause}, {Do: fleet.DoResume}, {Do: fleet.DoAbandonRoll}}
	full := serving(service{spec: ", suspend: false, managedBy: ray.io/kuberay-operator" + steps, meta: `, annotations: {ray.io/initializing-timeout: "30m"}`})
	node(full, "n1", 12)
	toyobjects.Withstands(t, o, full, kind, llm, wants...)
	moved := both(`, trafficRoutedPercent: 20, targetCapacity: 40, lastTrafficMigratedTime: "`+ago(0)+`", rayClusterStatus: {conditions: [{type: ReplicaFailure, status: "True", reason: r, message: m}]}, `+appsRun,
		`, {type: RollbackInProgress, status: "True", reason: DesiredClusterSpecChanged}`)
	toyobjects.Withstands(t, o, upgrading(service{spec: steps, status: moved}, ready), kind, llm, wants...)
	auto := strings.Replace(serveConfig, "num_replicas: 2", autoscaled, 1)
	toyobjects.Withstands(t, o, serving(service{config: auto, spec: ", suspend: true"}), kind, llm, wants...)
}

// The text of a configuration is any text.
func TestNonsenseInAConfigurationIsWithstood(t *testing.T) {
	for _, config := range []string{"", "7", "[]", "applications", "applications: 7", "applications: [7, null, {}]", "applications: [{name: 7, args: []}]",
		"applications: [{args: {llm_configs: [null, 7, [], {}, {model_loading_config: 7}]}}]", "applications: [{deployments: [7, {name: []}, {num_replicas: -1}]}]",
		"applications: [{deployments: [{name: a, autoscaling_config: 7}]}]", "applications: [{name: a, args: {model: 7}}]\n---\nb: 1", "a: &a [*a]",
		"applications: [{args: {model: \"\\u001b[31m\"}}]", "applications: &x [{args: {model: m}}]\nother: *x", strings.Repeat("[", 5000)} {
		c := serving(service{config: config})
		if r := look(t, c); r.Phase != fleet.RolloutDone && !strings.Contains(r.Why.String(), "is not there yet") || r.Never {
			t.Errorf("%.60s: %s: %s", config, r.Phase, r.Why)
		}
		for _, w := range []fleet.Want{{Do: fleet.DoUpgrade, Weights: "org/n"}, {Do: fleet.DoScale, Replicas: fleet.Some(7)}, {Do: fleet.DoHoldScaler, Replicas: fleet.Some(7)}} {
			d, err := draft(t, c, w)
			switch {
			case err == nil:
				carry(t, c, d)
			case fleet.KindOf(err) == fleet.KindInternal || !strings.Contains(err.Error(), "nothing was"):
				t.Errorf("%.60s: %s: %v", config, w.Do, err)
			}
		}
	}
}
