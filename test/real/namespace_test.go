//go:build real && linux

package real_test

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// insideNamespace tells the test that it runs in the network of its own, and where the program is.
const insideNamespace = "REAL_TEST_PROGRAM"

// configuredHosts is where testdata/namespace.yaml leads to. Addresses are of the blocks that are kept for documentation.
var (
	configuredAddresses = []string{"192.0.2.10", "192.0.2.11", "192.0.2.20", "192.0.2.21", "192.0.2.22", "192.0.2.23", "192.0.2.30"}
	configuredNames     = []string{"llm.example.test."}
)

// Nothing but what is configured is dialled, and no name but those is looked up: in a network of its own, whose only way out
// leads nowhere, every packet that leaves is looked at.
func TestNothingButConfiguredEndpointsIsDialled(t *testing.T) {
	tool(t, "ip", "/usr/sbin/ip", "/sbin/ip")
	cmd := exec.Command(os.Args[0], "-test.run", "^TestInsideANetworkOfItsOwn$", "-test.v")
	cmd.Env = append(os.Environ(), insideNamespace+"="+binary)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		lacks(t, "the system lets nobody make a network namespace: "+err.Error())
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestInsideANetworkOfItsOwn") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestInsideANetworkOfItsOwn is run by TestNothingButConfiguredEndpointsIsDialled.
func TestInsideANetworkOfItsOwn(t *testing.T) {
	if os.Getenv(insideNamespace) == "" {
		t.Skip("it is run by another test, in a network of its own")
	}
	ip := tool(t, "ip", "/usr/sbin/ip", "/sbin/ip")
	// The loopback device is the way out: it is there on every kernel, and what it gets for others it drops.
	for _, args := range []string{"link set lo up", "addr add 198.51.100.2/32 dev lo", "route add default dev lo"} {
		if said, err := exec.Command(ip, strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", args, err, said)
		}
	}
	seen := listen(t)
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		cmd := exec.CommandContext(ctx, os.Getenv(insideNamespace), append(args, "--state-dir", filepath.Join(dir, "state"))...)
		cmd.Env = append(environment(), "HOME="+dir, "PITWALL_TEST_KEY=sk-namespace")
		said, err := cmd.CombinedOutput()
		t.Logf("pitwall %s: %v", strings.Join(args, " "), err)
		return string(said)
	}

	if said := run("snapshot", "--demo", "-o", "json"); !strings.Contains(said, "b200-a") {
		t.Fatalf("the demo does not run without a network: %s", said)
	}
	if left, names := seen.take(); len(left)+len(names) > 0 {
		t.Errorf("the demo reached for %v, and looked up %v", left, names)
	}

	config, err := filepath.Abs("testdata/namespace.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"config", "check", config}, {"snapshot", "--config", config}, {"doctor", "--config", config}, {"cost", "--config", config}} {
		run(args...)
	}
	left, names := seen.take()
	for _, a := range left {
		if !slices.Contains(configuredAddresses, a) {
			t.Errorf("%s was dialled and is not configured", a)
		}
	}
	for _, a := range configuredAddresses {
		if !slices.Contains(left, a) {
			t.Errorf("%s is configured and was not dialled: the test would not see what it looks for", a)
		}
	}
	if len(names) == 0 {
		t.Error("a name is configured and no lookup was seen")
	}
	for _, n := range names {
		if !slices.ContainsFunc(configuredNames, func(want string) bool { return strings.HasPrefix(n, want) }) {
			t.Errorf("%s was looked up and is not configured", n)
		}
	}
}

// wiretap notes where packets go to.
type wiretap struct {
	mu    sync.Mutex
	to    []string
	names []string
}

// take gives what was seen since the last time.
func (w *wiretap) take() (to, names []string) {
	time.Sleep(200 * time.Millisecond) // what is under way in the kernel
	w.mu.Lock()
	defer w.mu.Unlock()
	to, names, w.to, w.names = w.to, w.names, nil, nil
	return to, names
}

// listen looks at every packet of every device of the namespace.
func listen(t *testing.T) *wiretap {
	const everything = 0x0300 // ETH_P_ALL as the network writes it
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, everything)
	if err != nil {
		t.Fatal(err)
	}
	w := &wiretap{}
	go func() {
		packet := make([]byte, 2048)
		for {
			n, _, err := syscall.Recvfrom(fd, packet, 0)
			if err != nil {
				return
			}
			w.note(packet[:n])
		}
	}()
	t.Cleanup(func() { _ = syscall.Close(fd) })
	return w
}

// note keeps where an IP packet goes, unless it stays on the machine, and the name that it asks for.
func (w *wiretap) note(p []byte) {
	var to netip.Addr
	var payload []byte
	var protocol byte
	switch {
	case len(p) >= 20 && p[0]>>4 == 4:
		to, protocol = netip.AddrFrom4([4]byte(p[16:20])), p[9]
		if header := int(p[0]&15) * 4; header <= len(p) {
			payload = p[header:]
		}
	case len(p) >= 40 && p[0]>>4 == 6:
		to, protocol, payload = netip.AddrFrom16([16]byte(p[24:40])), p[6], p[40:]
	default:
		return
	}
	const udp, dns = 17, 53
	w.mu.Lock()
	defer w.mu.Unlock()
	if protocol == udp && len(payload) >= 8 && int(payload[2])<<8+int(payload[3]) == dns {
		if name := queriedName(payload[8:]); name != "" && !slices.Contains(w.names, name) {
			w.names = append(w.names, name)
		}
		return
	}
	if to.IsLoopback() || to.IsMulticast() || to.IsLinkLocalMulticast() || slices.Contains(w.to, to.String()) {
		return
	}
	w.to = append(w.to, to.String())
}

// queriedName is the name in a query of DNS.
func queriedName(p []byte) string {
	const header = 12
	if len(p) < header {
		return ""
	}
	name := ""
	for at := header; at < len(p); {
		n := int(p[at])
		if n == 0 || at+1+n > len(p) {
			break
		}
		name += string(p[at+1:at+1+n]) + "."
		at += 1 + n
	}
	return name
}
