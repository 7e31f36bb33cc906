//go:build !linux

package main

import (
	"errors"
	"os"
)

// unsynced cannot be told here.
func unsynced(*os.File) (uint64, error) { return 0, errors.ErrUnsupported }
