package kserve

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/scalers"
	"pitwall/fleet"
)

// Marks by which pods tell what of the spec they were made of.
const (
	generationMark = "isvc.generation" // a label, of predictors on several nodes only
	minScaleMark   = "autoscaling.knative.dev/min-scale"
	maxScaleMark   = "autoscaling.knative.dev/max-scale"
)

// untaken says what of the block the pods of a template do not have yet; "" where they have all of it. Nothing else proves
// that KServe has seen a change: the generation that it says to have observed is that of the Deployment.
func (b block) untaken(t podspec.Template, by base, stamp string) fleet.Safe {
	pod := t.Pod()
	if len(pod.Spec.Containers) == 0 {
		return fleet.Safe{}
	}
	if why := b.unfetched(t); !why.IsEmpty() {
		return why
	}
	want, err := b.template()
	if err != nil {
		return fleet.Safe{}
	}
	boxes := want.Pod().Spec.Containers
	for i := range boxes {
		has := counterpart(pod, boxes[i].Name)
		if has == nil && len(boxes) == 1 {
			has = &pod.Spec.Containers[0] // KServe calls the only container of a pod of one's own as it likes
		}
		if has == nil {
			continue
		}
		if why := b.unlike(&boxes[i], has, by); !why.IsEmpty() {
			return why
		}
	}
	if stamp != "" && pod.Annotations[restartMark] != stamp {
		return fleet.Textf("its pods are not those of the restart at %s yet", fleet.Quote(stamp))
	}
	return fleet.Safe{}
}

// unfetched compares where the weights come from. A path in a store that a Secret names is written with another scheme.
func (b block) unfetched(t podspec.Template) fleet.Safe {
	uri, was := b.uri(), source(t)
	same := uri == was
	if !strings.Contains(uri, "://") {
		_, path, _ := strings.Cut(was, "://")
		same = strings.TrimPrefix(uri, "/") == path
	}
	if uri == "" || was == "" || same {
		return fleet.Safe{}
	}
	return fleet.Textf("its pods still load %s, wanted is %s", fleet.Quote(was), fleet.Quote(uri))
}

func counterpart(pod *corev1.PodTemplateSpec, name string) *corev1.Container {
	for i := range pod.Spec.Containers {
		if pod.Spec.Containers[i].Name == name {
			return &pod.Spec.Containers[i]
		}
	}
	return nil
}

// unlike says what of a container that is wanted the one that runs does not have.
func (b block) unlike(want, has *corev1.Container, by base) fleet.Safe {
	image := want.Image
	if image == "" {
		image = by.box.Image
	}
	if image != "" && !b.runsAs(image, has.Image) {
		return fleet.Textf("its pods still run image %s, wanted is %s", fleet.Quote(has.Image), fleet.Quote(image))
	}
	if behind := len(has.Args) - len(want.Args); behind < 0 || !slices.EqualFunc(want.Args, has.Args[behind:], filled) {
		return untakenArgument(want.Args, has.Args)
	}
	if why := by.more(want.Args, has.Args); !why.IsEmpty() {
		return why
	}
	for _, e := range want.Env {
		if e.ValueFrom != nil {
			continue
		}
		if i := slices.IndexFunc(has.Env, func(o corev1.EnvVar) bool { return o.Name == e.Name }); i < 0 || !filled(e.Value, has.Env[i].Value) {
			return fleet.Textf("its pods do not have the value of variable %s yet", fleet.Quote(e.Name))
		}
	}
	return fleet.Safe{}
}

// untakenArgument names one that is missing, where one is: KServe puts the arguments of a service behind those of its runtime,
// so that their order tells too.
func untakenArgument(want, has []string) fleet.Safe {
	for _, a := range want {
		if !slices.ContainsFunc(has, func(o string) bool { return filled(a, o) }) {
			return fleet.Textf("its pods do not have the argument %s yet", fleet.Quote(a))
		}
	}
	return fleet.Textf("its pods do not end with the arguments %s yet", fleet.Quote(strings.Join(want, " ")))
}

// filled tells whether a text can have come of another one, in which KServe fills in what {{…}} stands for.
func filled(want, has string) bool { return want == has || strings.Contains(want, "{{") }

// runsAs tells whether KServe runs an image as another one: with the version that the model names as its tag, with the build for
// GPUs of some servers, and that for CPUs of vLLM.
func (b block) runsAs(want, has string) bool {
	if b.at == "" || strings.Contains(want, "@sha256:") || strings.Contains(want, "{{") {
		return filled(want, has)
	}
	name, tag := want, ""
	if i := strings.LastIndexByte(want, ':'); i > strings.LastIndexByte(want, '/') {
		name, tag = want[:i], want[i:]
	}
	if version := jsonptr.Text(b.value, "/runtimeVersion"); version != "" {
		return has == name+":"+version
	}
	return has == want || tag != "" && (has == want+"-gpu" || has == name+"-cpu"+tag)
}

// unsized says what of the bounds of a service its Deployment does not keep yet. Nothing scales one that is left to others, or that
// KEDA was told to leave where it is, and on several nodes the sizes are the runtime's.
func (s *service) unsized(d *child.Deployment, by *fleet.Scaler) fleet.Safe {
	p := &s.o.Spec.Predictor
	least, most := p.least(), int(p.Max)
	paused := by.API == scalers.ScaledObjectKind && !by.Held.IsEmpty()
	if s.o.Annotations[scalerMark] == "external" || p.multiNode() || paused {
		return fleet.Safe{}
	}
	if s.o.Annotations[scalerMark] == "none" {
		most = least
	}
	n := d.Desired()
	if n >= least && (most < max(least, 1) || n <= most) {
		return fleet.Safe{}
	}
	return fleet.Textf("Deployment %s keeps %s, wanted are %s", fleet.Quote(d.Ref.Name), fleet.Many(n, "replica"), between(least, most))
}

func between(least, most int) fleet.Safe {
	if most <= least {
		return fleet.Int(least)
	}
	return fleet.Textf("%s to %s", fleet.Int(least), fleet.Int(most))
}

// unbounded says which bounds of a revision are not those of the service: they are a part of it.
func (s *service) unbounded(t podspec.Template) fleet.Safe {
	p := &s.o.Spec.Predictor
	for _, b := range []struct {
		mark string
		want int
		said bool
	}{{minScaleMark, p.least(), true}, {maxScaleMark, int(p.Max), p.Max != 0}} {
		if has, ok := t.Pod().Annotations[b.mark]; ok && b.said && has != itoa(b.want) {
			return fleet.Textf("its pods are of a revision with %s %s, wanted is %s", fleet.Quote(b.mark), fleet.Quote(has), fleet.Int(b.want))
		}
	}
	return fleet.Safe{}
}

// another says that pods of a predictor on several nodes are of an older generation of the service, which they carry as a label.
func (s *service) another(d *child.Deployment) fleet.Safe {
	of := d.Template.Pod().Labels[generationMark]
	if now := fleet.Label(itoa(int(s.o.Generation))); of != "" && of != now.String() {
		return fleet.Textf("Deployment %s is of generation %s of the service and not yet of %s", fleet.Quote(d.Ref.Name), fleet.Quote(of), now)
	}
	return fleet.Safe{}
}

// source is where a template's weights come from, as the controller wrote it: by annotation, or to the init container.
func source(t podspec.Template) string {
	pod := t.Pod()
	if uri := pod.Annotations[sourceMark]; uri != "" {
		return uri
	}
	for i := range pod.Spec.InitContainers {
		if c := &pod.Spec.InitContainers[i]; c.Name == "storage-initializer" && len(c.Args) > 0 {
			return c.Args[0]
		}
	}
	return ""
}
