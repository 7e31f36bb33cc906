package lease

import "testing"

func TestNetworkFileSystems(t *testing.T) {
	// Magic numbers as statfs(2) of the Linux man-pages lists them.
	for magic, want := range map[uint32]string{0x6969: "NFS", 0xff534d42: "SMB", 0xfe534d42: "SMB", 0x65735546: "FUSE (such as sshfs)",
		0xef53: "", 0x58465342: "", 0x01021994: ""} {
		if got := networkName(magic); got != want {
			t.Errorf("%#x is %q, want %q", magic, got, want)
		}
	}
}
