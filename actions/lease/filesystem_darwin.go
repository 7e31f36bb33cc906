package lease

import "golang.org/x/sys/unix"

// networkFileSystem names the network file system that holds a path, "" for a local one.
func networkFileSystem(path string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return ""
	}
	switch name := unix.ByteSliceToString(s.Fstypename[:]); name {
	case "nfs", "smbfs", "webdav", "afpfs", "macfuse", "osxfuse":
		return name
	}
	return ""
}
