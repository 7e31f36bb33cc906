//go:build !race

package slice

import "testing"

// longWatch marks a test that the race detector leaves out.
func longWatch(*testing.T) {}
