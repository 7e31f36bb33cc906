//go:build !race

package sim_test

import "testing"

// wholeHub marks a test that the race detector leaves out.
func wholeHub(*testing.T) {}
