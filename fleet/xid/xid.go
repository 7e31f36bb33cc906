// Package xid explains the error codes ("Xid") that NVIDIA's driver reports: what each means, what to do first, and
// what it takes out of use. It must not read anything; the facts are compiled in.
package xid

import "time"

// Class is what a code takes out of use, from mild to severe.
type Class string

// The classes. A code seen once acts as its class says; application errors that repeat on
// one GPU over different jobs point at the hardware and deserve one class more.
const (
	ClassInfo       Class = "info"        // a fault of a program, or nothing to do
	ClassWatch      Class = "watch"       // keeps serving; a person should look
	ClassReplicaOut Class = "replica out" // the replica, with all GPUs of its group, leaves rotation
	ClassGPUOut     Class = "GPU out"     // the GPU needs a reset: everything on it is drained
	ClassNodeOut    Class = "node out"    // the machine needs a restart or hands
)

// Entry is one code of the catalogue.
type Entry struct {
	Code    int
	Meaning string // a phrase without a full stop
	Action  string // what to do first, likewise
	Class   Class  // pitwall's, not NVIDIA's
	Bucket  string // NVIDIA's name of the immediate action; "" where none is published
	// PluginIgnores tells that the Kubernetes device plugin keeps the GPU healthy on this code;
	// every other code makes it unhealthy until the plugin restarts.
	PluginIgnores bool
}

// AsOf is the date of the catalogue that the facts come from.
func AsOf() time.Time { return time.Date(2025, time.October, 29, 0, 0, 0, 0, time.UTC) }

// Source names where the facts were read.
const Source = "NVIDIA Xid catalogue 2025-10-29 as mirrored in leptonai/gpud @4a8de33; driver header 595.44.03"

// Actions, one phrase for each bucket of the catalogue and for codes that need a word of their own.
const (
	restartApp       = "restart the process; do not drain unless it repeats on this GPU"
	restartContained = "restart the replica that was hit; the GPU can stay in use"
	ignore           = "nothing to do now; note it"
	followOther      = "look at the Xid just before it; if there is none, restart the fabric manager"
	resetGPU         = "drain, then reset the GPU"
	checkRows        = "drain, check row remap and ECC counters, then reset the GPU"
	remapPending     = "a remap is pending: plan a drain and GPU reset when convenient"
	remapFailed      = "drain and reset the GPU; have it replaced if the remap fails again"
	manySBE          = "watch the rate; contact support if it stays high"
	checkPower       = "drain the node and check the power cable of the board"
	checkLink        = "drain the group, then check the NVLink fabric"
	checkLink5       = "drain the group, then decode the severity of the link event"
	updateSoftware   = "bring driver and vGPU software to versions that fit"
	rebootNode       = "drain the node and restart it; inspect the hardware if it returns"
	restartVM        = "drain, then restart the confidential VM"
	readRecovery     = "read the GPU's recovery action and do what it says"
	checkUVM         = "look for an error of unified memory beside it"
	support          = "not expected on serving GPUs: contact support with a bug report"
	unpublished      = "no action is published: keep the log and ask support"
)

const (
	unusedCode  = "code without a published meaning"
	unknownCode = "code that the catalogue does not know"
	undescribed = "code of newer drivers, not described in the catalogue"
)

// Lookup explains a code. For a code outside of the catalogue it returns false with an entry
// that says so and asks for attention.
func Lookup(code int) (Entry, bool) {
	if code < 1 || code > len(catalogue) { // the catalogue has no gaps
		return Entry{Code: code, Meaning: unknownCode, Action: unpublished, Class: ClassWatch}, false
	}
	return catalogue[code-1], true
}

// All returns a copy of the catalogue in the order of its codes.
func All() []Entry { return append([]Entry(nil), catalogue[:]...) }
