package world

import "fmt"

// Release is what a revision of a pool's template means for its pods: causes, from which the rest follows.
type Release struct {
	GPUs  int     // asked for by one pod; 0 means the pool's
	Image string  // as the template names it
	Pull  string  // why the image cannot be had, in the words of the registry; "" where it can
	Crash string  // what the engine prints when it dies of its arguments; "" where these are right
	Load  float64 // seconds to read the weights and warm up; 0 means the pool's
	Grace float64 // seconds that the startup probe gives; 0 for any
	Wrong bool    // its weights answer wrongly; nothing else tells them from sound ones
}

// Wrong says whether the model answers wrongly. It is for use inside At.
func (r *Replica) Wrong() bool {
	return r.set != nil && (r.set.unsound || r.pod != nil && r.set.releases[r.pod.Revision].Wrong)
}

// release is what is known of a revision.
func (s *podSet) release(revision string) Release {
	r := s.releases[revision]
	if r.GPUs <= 0 {
		r.GPUs = s.pool.GPUs
	}
	if r.Load <= 0 {
		r.Load = s.pool.Load
	}
	if r.Load <= 0 {
		r.Load = loadTime
	}
	return r
}

// Describe says what a revision means before it is rolled out. It says whether there is such a pool, and is for use
// inside At.
func (w *World) Describe(pool, revision string, r Release) bool {
	s := w.set(pool)
	if s == nil {
		return false
	}
	s.releases[revision] = r
	return true
}

// end of a start.
type fate struct {
	after float64
	text  string // what the engine prints as it dies; "" where it serves
	exit  Exit
}

// fate is how a start goes: how long it takes until it is complete, or until it fails.
func (w *World) fate(s *podSet, r *Replica) fate {
	rel := s.release(r.pod.Revision)
	f := fate{after: rel.Load}
	failed := Exit{Reason: "Error", Code: 1}
	switch bad := s.bad[r.pod.Revision]; {
	case r.missing():
		f = fate{failFast, "RuntimeError: CUDA error: no CUDA-capable device is detected", failed}
	case rel.Crash != "":
		f = fate{failFast, rel.Crash, failed}
	case bad != "":
		f = fate{0.7 * rel.Load, bad, failed} // the weights are read; the trial run that sizes the cache fails
	}
	if rel.Grace > 0 && f.after > rel.Grace { // the kubelet does not wait so long
		f = fate{rel.Grace, "Received SIGTERM while loading the weights", Exit{Reason: "Error", Code: 137}}
	}
	return f
}

// Times of a kubelet that cannot have an image, in seconds.
const (
	pullTime  = 3.0
	firstPull = 10.0
	lastPull  = 300.0
)

// pull asks the registry for the image of a bound pod. It says whether the container can be made.
func (w *World) pull(s *podSet, r *Replica, now float64) bool {
	p, rel := r.pod, s.release(r.pod.Revision)
	if rel.Pull == "" {
		return true
	}
	r.state = unpulled
	if p.Reason != "ErrImagePull" {
		p.Reason, p.Message, p.until = "ErrImagePull", rel.Pull, now+pullTime
		w.tell("Pod", p.Name, "Warning", "Failed", fmt.Sprintf("Failed to pull image %q: %s", rel.Image, rel.Pull))
		w.tell("Pod", p.Name, "Warning", "Failed", "Error: ErrImagePull")
	} else {
		wait := min(firstPull*float64(int(1)<<min(r.crashes, 5)), lastPull)
		r.crashes++
		p.Reason, p.until = "ImagePullBackOff", now+wait
		p.Message = fmt.Sprintf("Back-off pulling image %q: ErrImagePull: %s", rel.Image, rel.Pull)
		w.tell("Pod", p.Name, "Normal", "BackOff", fmt.Sprintf("Back-off pulling image %q", rel.Image))
		w.tell("Pod", p.Name, "Warning", "Failed", "Error: ImagePullBackOff")
	}
	w.touch(&p.Version)
	return false
}
