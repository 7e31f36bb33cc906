package kuberay

import (
	"encoding/json"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// differs says in what a cluster is not as it is configured; "" where it is, or may not be read. What KubeRay changes in
// place, such as numbers of workers, is not compared.
func (s *scene) differs(k *cluster) fleet.Safe {
	if k == nil || k.doc == nil {
		return fleet.Safe{}
	}
	for i := range s.groups {
		g := &s.groups[i]
		has, ok := templateOf(k.doc, i == 0, g.name)
		if !ok {
			return fleet.Textf("cluster %s has no workers of group %s", fleet.Quote(k.Name), fleet.Quote(g.name))
		}
		if why := differ(has.Pod(), g.template.Pod()); !why.IsEmpty() {
			return fleet.Textf("group %s of cluster %s %s", fleet.Quote(g.name), fleet.Quote(k.Name), why)
		}
	}
	return fleet.Safe{}
}

// templateOf finds the template of a group in a RayCluster.
func templateOf(doc any, head bool, name string) (podspec.Template, bool) {
	at := "/spec/headGroupSpec"
	if !head {
		at = ""
		found, _ := jsonptr.Find(doc, "/spec/workerGroupSpecs")
		list, _ := found.([]any)
		for i, g := range list {
			if jsonptr.Text(g, "/groupName") == name {
				at = "/spec/workerGroupSpecs/" + strconv.Itoa(i)
			}
		}
	}
	t, err := podspec.New(doc, at+"/template")
	return t, at != "" && err == nil
}

// differ says what of one template another one does not have.
func differ(has, want *corev1.PodTemplateSpec) fleet.Safe {
	if at := want.Annotations[restartMark]; at != has.Annotations[restartMark] {
		return fleet.Textf("is not that of the restart at %s", fleet.Quote(at))
	}
	if len(has.Spec.Containers) != len(want.Spec.Containers) {
		return fleet.Text("has other containers than configured")
	}
	for i := range want.Spec.Containers {
		a, b := &has.Spec.Containers[i], &want.Spec.Containers[i]
		switch {
		case a.Name != b.Name:
			return fleet.Text("has other containers than configured")
		case a.Image != b.Image:
			return fleet.Textf("still runs image %s, wanted is %s", fleet.Quote(a.Image), fleet.Quote(b.Image))
		case view(a) != view(b):
			return fleet.Textf("has another command, environment or other resources in container %s than configured", fleet.Quote(b.Name))
		}
	}
	return fleet.Safe{}
}

func view(c *corev1.Container) string {
	text, err := json.Marshal([]any{c.Command, c.Args, c.Env, c.Resources})
	if err != nil {
		return c.Name + "?" // the same for both: nothing is said then
	}
	return string(text)
}
