package lease

import "golang.org/x/sys/unix"

// Magic numbers of statfs(2) that golang.org/x/sys does not name for every platform.
const (
	smbMagic  = 0x517b
	smb2Magic = 0xfe534d42
	cifsMagic = 0xff534d42
)

// networkFileSystem names the network file system that holds a path, "" for a local one.
func networkFileSystem(path string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return ""
	}
	return networkName(uint32(s.Type)) // 32 bits wide on every platform
}

func networkName(magic uint32) string {
	switch magic {
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case smbMagic, smb2Magic, cifsMagic:
		return "SMB"
	case unix.FUSE_SUPER_MAGIC:
		return "FUSE (such as sshfs)"
	case unix.AFS_FS_MAGIC, unix.AFS_SUPER_MAGIC:
		return "AFS"
	case unix.CEPH_SUPER_MAGIC:
		return "Ceph"
	case unix.V9FS_MAGIC:
		return "9P"
	}
	return ""
}
