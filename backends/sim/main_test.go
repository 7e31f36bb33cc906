package sim

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets the heap grow further between collections: a fleet that is watched holds little and throws away much, and
// at the usual setting a fifth of the time of these tests went into collecting it.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
