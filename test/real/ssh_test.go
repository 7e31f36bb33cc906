//go:build real

package real_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/actions"
)

// bastion is an OpenSSH server of the test's own: own port, keys and configuration, nothing of the machine's touched.
type bastion struct {
	dir  string
	port int
	user string
}

func newBastion(t *testing.T) *bastion {
	t.Helper()
	sshd, keygen := tool(t, "sshd", "/usr/sbin/sshd"), tool(t, "ssh-keygen")
	tool(t, "ssh")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	b := &bastion{dir: t.TempDir(), port: freePort(t), user: me.Username}
	if os.Getuid() == 0 { // sshd wants an empty folder there, which its package's service makes
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			lacks(t, "sshd needs /run/sshd: "+err.Error())
		}
	}
	for _, name := range []string{"host", "client"} {
		out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "", "-f", b.path(name)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	hostKey := b.read(t, "host.pub")
	write(t, b.path("known_hosts"), fmt.Appendf(nil, "[127.0.0.1]:%d %s", b.port, hostKey), 0o600)
	write(t, b.path("authorized"), []byte(b.read(t, "client.pub")), 0o600)
	write(t, b.path("sshd_config"), []byte(b.config()), 0o600)
	server := exec.Command(sshd, "-D", "-e", "-f", b.path("sshd_config"))
	log, err := os.Create(b.path("sshd.log"))
	if err != nil {
		t.Fatal(err)
	}
	server.Stderr = log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = log.Close()
		if t.Failed() {
			t.Logf("sshd said:\n%s", tail(b.path("sshd.log"), 2000))
		}
	})
	return b
}

func (b *bastion) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bastion) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (b *bastion) config() string {
	return fmt.Sprintf(`Port %d
ListenAddress 127.0.0.1
HostKey %s
AuthorizedKeysFile %s
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
AllowUsers %s
SetEnv LANG=C.UTF-8
`, b.port, b.path("host"), b.path("authorized"), b.user)
}

// login is the command line of the client with a forced terminal, which replaces the shell that writes down its pid.
func (b *bastion) login(command string) string {
	options := []string{"-F", "/dev/null", "-tt", "-p", strconv.Itoa(b.port), "-i", b.path("client")}
	for _, o := range []string{"IdentitiesOnly=yes", "IdentityAgent=none", "StrictHostKeyChecking=yes",
		"ConnectTimeout=10", "UserKnownHostsFile=" + b.path("known_hosts")} {
		options = append(options, "-o", o)
	}
	return fmt.Sprintf(`sh -c 'echo $$ >%s; exec ssh %s %s@127.0.0.1 "%s"'`,
		b.path("client.pid"), strings.Join(options, " "), b.user, command)
}

// cut kills the client at once, so that the connection ends without a word.
func (b *bastion) cut(t *testing.T) {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(b.read(t, "client.pid")))
	if err != nil || pid <= 1 {
		t.Fatalf("client.pid: %v", err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// TestALinkCutInMidShift loses the SSH connection of a console that carries a change.
func TestALinkCutInMidShift(t *testing.T) {
	b := newBastion(t)
	state := t.TempDir()
	op := program{flags: []string{"--state-dir", state}}
	s := newScreen(t, 80, 24)
	until(t, 10*time.Second, "sshd listens", func() bool { return strings.Contains(b.read(t, "sshd.log"), "listening") })
	s.line("clear; %s", b.login(fmt.Sprintf("%s demo --speed 10 --state-dir %s", binary, state)))
	s.plansByKeys("b200-a=40 h100-b=50", "4", "0", "j", "5", "0")
	s.confirmsByKeys()
	before := op.change(t, "")
	if before.Step != 1 || len(before.Plan.Steps) != 2 || before.Guard.Detached {
		t.Fatalf("at step %d of %d, guard %+v", before.Step, len(before.Plan.Steps), before.Guard)
	}
	t.Cleanup(func() { _ = syscall.Kill(before.Guard.PID, syscall.SIGKILL) }) // only what a failed test leaves behind
	b.cut(t)

	c := op.awaitChange(t, 20*time.Second, before.ID, "the guard goes on without a terminal",
		func(c actions.Change) bool { return c.Guard.Detached })
	if c.Guard.PID != before.Guard.PID || syscall.Kill(c.Guard.PID, 0) != nil {
		t.Errorf("the guard was process %d and is %d", before.Guard.PID, c.Guard.PID)
	}
	list := op.must(t, 0, "journal", "list")
	if !strings.Contains(list.out, string(c.ID)) || !strings.Contains(list.out, "open 1") {
		t.Errorf("journal list:\n%s", list.out)
	}
	next := newScreen(t, 80, 24)
	next.line("clear; '%s' demo --state-dir '%s'", binary, state)
	next.await(20*time.Second, "IN FLIGHT 1")
	next.keys("7")
	next.await(5*time.Second, "JOURNAL 1", "60/30/10 -> 40/50/10")
	t.Logf("the next console shows:\n%s", next.text())

	c = op.awaitChange(t, 3*time.Minute, c.ID, "the guard has ended its soak", func(c actions.Change) bool {
		return strings.Contains(c.Why.String(), "terminal was gone")
	})
	if c.State.Closed() || c.Step != 1 {
		t.Errorf("left %s at step %d: %s", c.State, c.Step, c.Why)
	}
	until(t, 10*time.Second, "the guard ends", func() bool { return syscall.Kill(c.Guard.PID, 0) != nil })
}
