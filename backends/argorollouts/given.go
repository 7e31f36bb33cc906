package argorollouts

import (
	"encoding/json"
	"slices"

	"pitwall/backends/internal/jsonptr"
)

// ephemeralMark is the annotation of a ReplicaSet that keeps which labels and annotations its pods have only while they are the
// canary, or the stable ones.
const ephemeralMark = "rollout.argoproj.io/ephemeral-metadata"

// asGiven is the template of a ReplicaSet as somebody gave it to the Rollout: without the hash by which its pods are told apart, the
// labels and annotations of its part, and the rule that keeps it from the stable pods' nodes. With any of them it would be another
// version, which goes through all steps.
func asGiven(set, template any) any {
	template = jsonptr.With(template, jsonptr.Path("metadata", "labels", hashLabel), nil)
	var part struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	}
	mark := jsonptr.Text(set, jsonptr.Path("metadata", "annotations", ephemeralMark))
	if mark != "" && json.Unmarshal([]byte(mark), &part) == nil {
		for name := range part.Labels {
			template = without(template, "labels", name)
		}
		for name := range part.Annotations {
			template = without(template, "annotations", name)
		}
	}
	return unforced(template)
}

// without takes a key away, and what holds it where nothing is left.
func without(template any, of, name string) any {
	template = jsonptr.With(template, jsonptr.Path("metadata", of, name), nil)
	if left, _ := jsonptr.Find(template, jsonptr.Path("metadata", of)); isEmpty(left) {
		template = jsonptr.With(template, jsonptr.Path("metadata", of), nil)
	}
	return template
}

const affinityAt = "/spec/affinity"

// unforced takes away the rule of spec.strategy's antiAffinity, which names the hash of a version.
func unforced(template any) any {
	found := false
	for _, rules := range []string{"preferredDuringSchedulingIgnoredDuringExecution", "requiredDuringSchedulingIgnoredDuringExecution"} {
		at := affinityAt + "/podAntiAffinity/" + rules
		v, _ := jsonptr.Find(template, at)
		list, _ := v.([]any)
		kept := slices.DeleteFunc(slices.Clone(list), namesHash)
		if len(kept) == len(list) {
			continue
		}
		found = true
		if len(kept) == 0 {
			template = jsonptr.With(template, at, nil)
		} else {
			template = jsonptr.With(template, at, kept)
		}
	}
	for _, at := range []string{affinityAt + "/podAntiAffinity", affinityAt} {
		if left, _ := jsonptr.Find(template, at); found && isEmpty(left) {
			template = jsonptr.With(template, at, nil)
		}
	}
	return template
}

func namesHash(rule any) bool {
	for _, at := range []string{"/labelSelector/matchExpressions", "/podAffinityTerm/labelSelector/matchExpressions"} {
		v, _ := jsonptr.Find(rule, at)
		list, _ := v.([]any)
		if slices.ContainsFunc(list, func(e any) bool { return jsonptr.Text(e, "/key") == hashLabel }) {
			return true
		}
	}
	return false
}

func isEmpty(v any) bool {
	m, ok := v.(map[string]any)
	return v == nil || ok && len(m) == 0
}
