package slice

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets the heap grow further between collections: an embedded fleet holds little and throws away much.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
