package runner

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets the heap grow further between collections: these tests hold little and throw away much.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// memory is where Linux has a file system in memory.
const memory = "/dev/shm"

// stateDir is a state directory that is gone with the test. Where there is a file system in memory it lies there: what these
// tests kill is a process and never the machine, so that nothing is learned by waiting for a disk at each record.
func stateDir(t testing.TB) string {
	dir, err := os.MkdirTemp(memory, "pitwall-runner-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
