package clusters

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/sim/world"
)

// release reads out of a template what it means for the pods of a pool: which devices they ask for, whether the registry
// has the image, and whether the engine can live with its arguments.
func (c *Cluster) release(p *world.PoolSpec, t *corev1.PodTemplateSpec) world.Release {
	r := world.Release{GPUs: p.GPUs}
	if len(t.Spec.Containers) == 0 {
		return r
	}
	one := &t.Spec.Containers[0]
	if q, ok := one.Resources.Limits[gpuResource(p.Device.Product)]; ok {
		r.GPUs = int(q.Value())
	}
	r.Image, r.Pull = one.Image, registry(one.Image)
	r.Crash = c.crash(one, r.GPUs)
	r.Wrong = strings.HasSuffix(modelOf(one), unsound)
	if s := one.StartupProbe; s != nil {
		r.Grace = float64(s.InitialDelaySeconds + max(s.FailureThreshold, 1)*max(s.PeriodSeconds, 1))
	}
	return r
}

// registry says why an image cannot be had, "" where it can: of the engines' repositories there are all releases, that is
// tags that begin with a number.
func registry(image string) string {
	repository, tag := image, "latest"
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		repository, tag = image[:i], image[i+1:]
	}
	if at := strings.IndexByte(repository, '@'); at >= 0 {
		repository = repository[:at]
	}
	full := repository
	if first, _, ok := strings.Cut(repository, "/"); !ok || !strings.ContainsAny(first, ".:") {
		full = "docker.io/" + repository
	}
	known, exact := false, false
	for _, e := range engines() {
		for _, have := range []string{e.image, e.old} {
			known = known || strings.HasPrefix(have, repository+":")
			exact = exact || have == image
		}
	}
	release := strings.TrimPrefix(tag, "v")
	switch {
	case exact || known && release != "" && release[0] >= '0' && release[0] <= '9':
		return ""
	case known:
		return fmt.Sprintf("rpc error: code = NotFound desc = failed to pull and unpack image %q: failed to resolve reference %q: %s: not found",
			full+":"+tag, full+":"+tag, full+":"+tag)
	}
	return fmt.Sprintf("failed to pull and unpack image %q: failed to resolve reference %q: pull access denied, repository does not "+
		"exist or may require authorization: server message: insufficient_scope: authorization failed", full+":"+tag, full+":"+tag)
}

// unsound ends the names of revisions of the weights that were quantised too far: they load, they are quick, and what they
// answer is wrong.
const unsound = "-int2"

func modelOf(one *corev1.Container) string {
	return argument(one.Args, "--model", "--model-path", "--model-id", "-m")
}

// crash is what an engine prints as it dies of its arguments, "" where it can live with them.
func (c *Cluster) crash(one *corev1.Container, gpus int) string {
	if path := modelOf(one); strings.HasPrefix(path, "/") && !c.stored(path) {
		return "OSError: " + path + " is not a local folder and is not a valid model identifier"
	}
	width := argument(one.Args, "--tensor-parallel-size", "--tp", "--tp_size", "--num-shard", "-tp")
	if n, err := strconv.Atoi(width); err == nil && n > gpus {
		return fmt.Sprintf("ValueError: World size (%d) is larger than the number of available GPUs (%d)", n, gpus)
	}
	return ""
}

// stored says whether the weights' store holds a path: the models of the fleet, and further revisions of these, which
// have a name that goes on after it.
func (c *Cluster) stored(path string) bool {
	for i := range c.o.World.Spec.Pools {
		if strings.HasPrefix(path, weights(c.o.World.Spec.Pools[i].Model)) {
			return true
		}
	}
	return false
}

// argument is the value behind one of some flags, "" where there is none.
func argument(args []string, flags ...string) string {
	for i, a := range args {
		name, value, joined := strings.Cut(a, "=")
		switch {
		case !slices.Contains(flags, name):
		case joined:
			return value
		case i+1 < len(args):
			return args[i+1]
		}
	}
	return ""
}

// deploymentStrategy reads how a Deployment wants to be rolled.
func deploymentStrategy(s *appsv1.DeploymentSpec) world.Strategy {
	quarter := world.Amount{N: 25, Percent: true}
	out := world.Strategy{Surge: quarter, Unavailable: quarter, MinReady: float64(s.MinReadySeconds), Paused: s.Paused, Deadline: 600}
	if s.ProgressDeadlineSeconds != nil {
		out.Deadline = float64(*s.ProgressDeadlineSeconds)
	}
	if s.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		out.Way = world.WayRecreate
	}
	if r := s.Strategy.RollingUpdate; r != nil {
		out.Surge, out.Unavailable = amount(r.MaxSurge, quarter), amount(r.MaxUnavailable, quarter)
	}
	return out
}

func amount(v *intstr.IntOrString, otherwise world.Amount) world.Amount {
	switch {
	case v == nil:
		return otherwise
	case v.Type == intstr.Int:
		return world.Amount{N: int(v.IntVal)}
	}
	n, err := strconv.Atoi(strings.TrimSuffix(v.StrVal, "%"))
	if err != nil {
		return otherwise
	}
	return world.Amount{N: n, Percent: true}
}

// statefulStrategy reads how a StatefulSet wants to be rolled.
func statefulStrategy(s *appsv1.StatefulSetSpec) world.Strategy {
	out := world.Strategy{MinReady: float64(s.MinReadySeconds), Unavailable: world.Amount{N: 1}}
	if s.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		out.Way = world.WayOnDelete
	}
	if r := s.UpdateStrategy.RollingUpdate; r != nil && r.Partition != nil {
		out.Partition = int(*r.Partition)
	}
	return out
}
