package podspec

import (
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/fleet"
)

// defaultGrace is the API's.
const defaultGrace = 30 * time.Second

// waitFlags are those by which an engine is told how long it waits for running requests (vLLM, Triton). vLLM aborts them
// at once without it; Triton waits for thirty seconds by itself.
var waitFlags = []string{"--shutdown-timeout", "--exit-timeout-secs"}

// Shutdown is how long the container that serves has from the stop to the kill.
func (t Template) Shutdown() fleet.Shutdown {
	out := fleet.Shutdown{Grace: fleet.Some(defaultGrace)}
	if g := t.pod.Spec.TerminationGracePeriodSeconds; g != nil {
		out.Grace = fleet.Some(time.Duration(*g) * time.Second)
	}
	b, ok := t.box("")
	if !ok {
		return out
	}
	out.PreStop, out.Engine = b.preStop(), b.wait()
	return out
}

// preStop is how long the hook lasts before the engine is told to stop: none where a program or a request decides.
func (b box) preStop() fleet.Maybe[time.Duration] {
	l := b.c.Lifecycle
	switch {
	case l == nil || l.PreStop == nil:
		return fleet.Some(time.Duration(0))
	case l.PreStop.Sleep != nil:
		return fleet.Some(time.Duration(l.PreStop.Sleep.Seconds) * time.Second)
	case l.PreStop.Exec != nil:
		return sleeping(l.PreStop.Exec.Command)
	}
	return fleet.None[time.Duration]()
}

// sleeping is how long a command sleeps that does nothing else: sleep 15, or the same line for a shell.
func sleeping(command []string) fleet.Maybe[time.Duration] {
	if len(command) == 3 && isShell(command[0]) && isScriptFlag(command[1]) {
		command = strings.Fields(command[2])
	}
	if len(command) != 2 || command[0][strings.LastIndexByte(command[0], '/')+1:] != "sleep" {
		return fleet.None[time.Duration]()
	}
	return seconds(strings.TrimSuffix(command[1], "s"))
}

func seconds(text string) fleet.Maybe[time.Duration] {
	const longest = 24 * 60 * 60
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0 && n <= longest) {
		return fleet.None[time.Duration]()
	}
	return fleet.Some(time.Duration(n * float64(time.Second)))
}

// wait is how long the engine itself waits for what runs.
func (b box) wait() fleet.Maybe[time.Duration] {
	p, said, ok := b.flag(waitFlags)
	switch {
	case ok && p.known:
		return seconds(p.value)
	case said || ok:
		return fleet.None[time.Duration]()
	case b.runs("tritonserver"):
		return fleet.Some(30 * time.Second)
	}
	return fleet.Some(time.Duration(0))
}

// runs tells whether one of the words is a program's name.
func (b box) runs(program string) bool {
	for _, w := range b.words() {
		if !w.op && w.text[strings.LastIndexByte(w.text, '/')+1:] == program {
			return true
		}
	}
	return false
}

// Startup is how long the probes let the container that serves load before it is killed; 0 for as long as it likes.
func (t Template) Startup() fleet.Maybe[time.Duration] {
	b, ok := t.box("")
	if !ok {
		return fleet.None[time.Duration]()
	}
	budget, _ := ProbeBudget(b.c)
	return fleet.Some(budget)
}

// ProbeBudget is how long a container may take until it is killed, and by which probe: by its startup probe, else by its
// liveness probe; 0 for as long as it likes.
func ProbeBudget(c *corev1.Container) (time.Duration, fleet.Safe) {
	switch {
	case c.StartupProbe != nil:
		return budgetOf(c.StartupProbe), fleet.Text("startupProbe")
	case c.LivenessProbe != nil:
		return budgetOf(c.LivenessProbe), fleet.Text("livenessProbe")
	}
	return 0, fleet.Safe{}
}

func budgetOf(p *corev1.Probe) time.Duration {
	period, failures := p.PeriodSeconds, p.FailureThreshold
	if period == 0 {
		period = 10 // the API's defaults
	}
	if failures == 0 {
		failures = 3
	}
	return max((time.Duration(p.InitialDelaySeconds)+time.Duration(period)*time.Duration(failures))*time.Second, 0)
}
