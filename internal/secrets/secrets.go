// Package secrets reads credentials from where the configuration points: environment, file, or
// command. It keeps none, and registers each for redaction.
package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/fleet"
)

const (
	maxSecret      = 64 << 10
	commandTimeout = 10 * time.Second
)

// Resolver reads credentials. Seen is told every value, so that logs can redact it.
type Resolver struct {
	Environ func(string) (string, bool)
	Seen    func(fleet.Secret)
}

// Resolve reads the credential now: a rotated file or environment counts from its next use.
// The zero reference gives an empty secret.
func (r Resolver) Resolve(ctx context.Context, ref fleet.SecretRef) (fleet.Secret, error) {
	value, err := r.read(ctx, ref)
	if err != nil {
		return fleet.Secret{}, &fleet.Error{Kind: fleet.KindAuth, Op: "read the credential", Err: err,
			Next: "nothing was sent without it"}
	}
	s := fleet.NewSecret(strings.TrimRight(value, "\r\n"))
	if !ref.IsZero() && s.IsEmpty() {
		return fleet.Secret{}, &fleet.Error{Kind: fleet.KindAuth, Op: "read the credential", Err: errors.New("it is empty")}
	}
	if r.Seen != nil && !s.IsEmpty() {
		r.Seen(s)
	}
	return s, nil
}

func (r Resolver) read(ctx context.Context, ref fleet.SecretRef) (string, error) {
	switch {
	case ref.Env != "":
		v, ok := r.Environ(ref.Env)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set", ref.Env)
		}
		return v, nil
	case ref.File != "":
		return readFile(ref.File)
	case len(ref.Command) > 0:
		return r.run(ctx, ref.Command)
	default:
		return "", nil
	}
}

// readFile checks on the open descriptor, so that nothing can be exchanged between the check and the read.
func readFile(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ELOOP) {
		return "", fmt.Errorf("%s is a symbolic link; name the file itself", path)
	}
	if err != nil {
		return "", fmt.Errorf("open %s: %w", path, err)
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if err := private(path, info); err != nil {
		return "", err
	}
	body, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	if len(body) > maxSecret {
		return "", fmt.Errorf("%s is over 64 KiB: that is no credential", path)
	}
	return string(body), nil
}

// private refuses a file that others could read or exchange.
func private(path string, info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return fmt.Errorf("%s can be read by others (mode %04o); run: chmod 600 %s, and replace the exposed credential", path, perm, path)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to uid %d, not to you or root", path, st.Uid)
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	if perm := dir.Mode().Perm(); perm&0o022 != 0 && dir.Mode()&os.ModeSticky == 0 {
		return fmt.Errorf("the folder of %s can be written by others (mode %04o)", path, perm)
	}
	return nil
}

// run executes a credential program without a shell and without a terminal; its messages are not shown,
// since they may hold what they should not.
func (r Resolver) run(ctx context.Context, argv []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the operator's own configuration names it
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout = &limited{to: &out, left: maxSecret}
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Base(argv[0]), err)
	}
	return out.String(), nil
}

type limited struct {
	to   *bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, errors.New("the program printed more than 64 KiB")
	}
	return l.to.Write(p)
}
