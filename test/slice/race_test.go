//go:build race

package slice

import "testing"

// longWatch leaves out a test that watches minutes of the whole fleet, of which the detector makes minutes of the day each. The same
// Hub, adapters, desk and runner run under it in the other tests of this package.
func longWatch(t *testing.T) {
	t.Helper()
	t.Skip("minutes of the whole fleet are too slow under the race detector; the other tests here run the same code under it")
}
