package world

// maxDesired bounds what a pool may want.
const maxDesired = 64

// Lose ends every engine of a pool and keeps all from starting, or lets them start again. It says whether there is such a pool, and is
// for use inside At.
func (w *World) Lose(pool string, on bool) bool {
	s := w.set(pool)
	if s == nil {
		return false
	}
	s.dark = on
	w.unsettled++
	for _, r := range s.replicas {
		if on && r.state == serving {
			w.crash(r, Exit{Reason: "Error", Code: 255}, "the power is off")
		}
	}
	return true
}

// Scale makes a pool want n pods, 64 at most. Beyond the engines that it was declared with there are no devices: such pods
// stay Pending. It says whether there is such a pool, and is for use inside At.
func (w *World) Scale(pool string, n int) bool {
	s := w.set(pool)
	if s == nil {
		return false
	}
	if n = max(0, min(n, maxDesired)); n != s.Desired {
		s.Desired, s.progressed = n, w.Seconds()
		w.unsettled++
		w.touch(&s.Version)
	}
	return true
}
