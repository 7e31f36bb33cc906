//go:build race

package sim_test

import "testing"

// wholeHub leaves out a test that watches the fleet for minutes with the whole Hub: the detector makes each of them take
// minutes of the day. The same Hub, adapters and fleet run under the detector in test/slice; here it is the verdicts that
// are tested, and those are the same without it.
func wholeHub(t *testing.T) {
	t.Helper()
	t.Skip("minutes of the whole Hub are too slow under the race detector; test/slice runs it there")
}
