package seldon

import (
	"context"
	"crypto/md5" //nolint:gosec // the operator names long Deployments by it
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

const (
	longestName = 63
	fetcherMark = "-model-initializer" // how the init container is called that fetches the model of a container
)

func itoa(n int) string { return strconv.Itoa(n) }

// serving is a predictor with the Deployments that the operator makes of it.
type serving struct {
	*predictor
	at    int // in the list
	doc   any
	parts []part
}

// part is one of its Deployments.
type part struct {
	name      string
	component int               // in componentSpecs; where the operator adds one, its place
	d         *child.Deployment // nil: it is not there
}

func (v *serving) path() string { return "/spec/predictors/" + itoa(v.at) }

// readParts reads the Deployments of a predictor by the names that the operator gives them.
func (v *serving) readParts(ctx context.Context, c fleet.Objects, of fleet.ObjectRef) error {
	for j, boxes := range v.boxes() {
		if len(boxes) == 0 {
			continue
		}
		own := strings.Join(boxes, "-")
		if j < len(v.Components) && v.Components[j].Metadata.Name != "" {
			own = v.Components[j].Metadata.Name
		}
		at := part{component: j}
		for _, at.name = range deploymentNames(of.Name, v.Name, j, own) {
			d, err := child.Read(ctx, c, fleet.ObjectRef{Cluster: of.Cluster, Namespace: of.Namespace, Name: at.name})
			if fleet.KindOf(err) == fleet.KindNotFound {
				continue
			}
			if err != nil {
				return err
			}
			at.d = d
			break
		}
		v.parts = append(v.parts, at)
	}
	return nil
}

// boxes are the names of the containers of each Deployment. A server that Seldon has needs none in the spec: it is added to
// the first.
func (v *serving) boxes() [][]string {
	lists := make([][]string, max(len(v.Components), 1))
	known := map[string]bool{}
	for j := range v.Components {
		for i := range v.Components[j].Spec.Containers {
			name := v.Components[j].Spec.Containers[i].Name
			lists[j], known[name] = append(lists[j], name), true
		}
	}
	for _, u := range v.units() {
		if u.prepackaged() && !known[u.Name] {
			lists[0], known[u.Name] = append(lists[0], u.Name), true
		}
	}
	return lists
}

// deploymentNames are those that a Deployment can have, the shortest of which is a hash.
func deploymentNames(of, predictor string, j int, own string) []string {
	name := of + "-" + predictor + "-" + itoa(j) + "-" + own
	if len(name) <= longestName {
		return []string{name}
	}
	list := []string{"seldon-" + hash(name)}
	if prefixed := of + "-" + hash(name); len(prefixed) <= longestName { // where the operator is told so
		list = append(list, prefixed)
	}
	return list
}

func hash(name string) string {
	sum := md5.Sum([]byte(name)) //nolint:gosec // as the operator does
	return hex.EncodeToString(sum[:])
}

// routeName is the VirtualService of a SeldonDeployment.
func routeName(of string) string {
	if len(of) > longestName {
		return "seldon-" + hash(of)
	}
	return of
}

// main is the Deployment that serves the model: the one with GPUs, else the first.
func (v *serving) main() *part {
	for i := range v.parts {
		if d := v.parts[i].d; d != nil && podspec.GPUs(&d.Template.Pod().Spec) > 0 {
			return &v.parts[i]
		}
	}
	for i := range v.parts {
		if v.parts[i].d != nil {
			return &v.parts[i]
		}
	}
	return nil
}

// pods are those of all of its Deployments, of the newest version and of others.
func (v *serving) pods() (fresh, old []*corev1.Pod) {
	for _, p := range v.parts {
		if p.d != nil {
			fresh, old = append(fresh, p.d.New...), append(old, p.d.Old...)
		}
	}
	return fresh, old
}

// ready tells whether every Deployment of it has a ready pod: that is what the operator asks before it touches a route.
func (v *serving) ready() bool {
	for _, p := range v.parts {
		if p.d == nil || p.d.Spec.Status.ReadyReplicas == 0 || p.d.Spec.Status.UnavailableReplicas > 0 {
			return false
		}
	}
	return len(v.parts) > 0
}

// version is what it serves.
func (v *serving) version() fleet.Version {
	var out fleet.Version
	u, name, why := v.model("")
	if why == "" {
		if j, ok := v.box(name); ok {
			if t, err := podspec.New(v.doc, "/componentSpecs/"+itoa(j)); err == nil {
				out = t.Version()
			}
		}
		if u != nil && u.ModelURI != "" {
			out.Weights = fleet.Label(u.ModelURI)
		}
	}
	if m := v.main(); m != nil {
		child.Fill(&out, m.d.Template)
		if out.Weights.IsEmpty() {
			out.Weights = m.d.Template.Version().Weights
		}
	}
	out.Served = nil // clients call the SeldonDeployment by its name
	return out
}

// box is the component that has a container of this name; "" is the one with GPUs, else the first that has any.
func (v *serving) box(name string) (int, bool) {
	first := -1
	for j := range v.Components {
		spec := &v.Components[j].Spec
		switch {
		case name == "" && podspec.GPUs(spec) > 0,
			name != "" && slices.ContainsFunc(spec.Containers, func(c corev1.Container) bool { return c.Name == name }):
			return j, true
		case name == "" && first < 0 && len(spec.Containers) > 0:
			first = j
		}
	}
	return max(first, 0), first >= 0
}

// untaken says what of the spec a Deployment does not have yet; "" where it has all of it. Nothing else proves that the
// operator has seen a change: it keeps no generation.
func (v *serving) untaken(p *part) fleet.Safe {
	pod := p.d.Template.Pod()
	if p.component < len(v.Components) {
		for i := range v.Components[p.component].Spec.Containers {
			want := &v.Components[p.component].Spec.Containers[i]
			at := slices.IndexFunc(pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == want.Name })
			if at < 0 {
				return fleet.Textf("Deployment %s does not have container %s yet", fleet.Quote(p.name), fleet.Quote(want.Name))
			}
			if has := &pod.Spec.Containers[at]; want.Image != "" && want.Image != has.Image {
				return fleet.Textf("Deployment %s still runs image %s, wanted is %s", fleet.Quote(p.name), fleet.Quote(has.Image),
					fleet.Quote(want.Image))
			} else if len(want.Args) > 0 && !slices.Equal(want.Args, has.Args) {
				return fleet.Textf("Deployment %s does not have the arguments of container %s yet", fleet.Quote(p.name), fleet.Quote(want.Name))
			}
		}
	}
	for _, u := range v.units() {
		if was := fetched(pod, u.Name); was != "" && u.ModelURI != "" && was != u.ModelURI {
			return fleet.Textf("Deployment %s still loads %s, wanted is %s", fleet.Quote(p.name), fleet.Quote(was), fleet.Quote(u.ModelURI))
		}
	}
	if stamp := v.Annotations[restartMark]; stamp != "" && pod.Annotations[restartMark] != stamp {
		return fleet.Textf("the pods of Deployment %s are not those of the restart at %s yet", fleet.Quote(p.name), fleet.Quote(stamp))
	}
	return fleet.Safe{}
}

// fetched is the model that an init container fetches for a container; "" where none does.
func fetched(pod *corev1.PodTemplateSpec, container string) string {
	name := container + fetcherMark
	if len(name) > longestName {
		name = strings.TrimSuffix(name[:longestName], "-")
	}
	for i := range pod.Spec.InitContainers {
		if c := &pod.Spec.InitContainers[i]; c.Name == name && len(c.Args) > 0 {
			return c.Args[0]
		}
	}
	return ""
}

// source is the model that the pods of a template load.
func source(t podspec.Template) string {
	for i := range t.Pod().Spec.InitContainers {
		if c := &t.Pod().Spec.InitContainers[i]; strings.HasSuffix(c.Name, fetcherMark) && len(c.Args) > 0 {
			return c.Args[0]
		}
	}
	return ""
}
