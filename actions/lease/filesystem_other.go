//go:build !linux && !darwin

package lease

// networkFileSystem cannot tell on this platform.
func networkFileSystem(string) string { return "" }
