package nvidiasmi

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"pitwall/fleet"
)

// Limits of one command.
const (
	maxOutput   = 1 << 20          // bytes of its table: 1024 GPUs of 18 fields take 400 kB
	maxMessages = 4 << 10          // bytes kept of its messages, for the log
	defaultWait = 30 * time.Second // where the caller's context has no deadline
	// killed is how long a command that was killed may take to be gone. One that waits inside the driver never is.
	killed = 500 * time.Millisecond
)

var (
	errLong     = errors.New("the command printed over 1 MiB: that is no table of GPUs")
	errSilent   = errors.New("driver not answering: the command did not end within the deadline and was killed")
	errHangs    = errors.New("driver not answering: an earlier command cannot even be killed; no other is started before it ends")
	errNotEnded = errors.New("an earlier command has not ended yet")
)

// passedOn are the variables that a command may see. Credentials live in others.
var passedOn = []string{
	"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
	"KUBECONFIG", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK",
}

// job is one command under way. Its goroutine ends when the command does; what stops both is the context.
type job struct {
	done   chan struct{}
	table  limited
	said   limited
	err    error // once done
	killed bool  // it outlived its deadline
}

// output is what a command that ended left.
type output struct {
	text []byte
	exit error // it ended with another code than 0
	code int
}

// run runs a command to its end, or to the deadline, at which its whole process group is killed.
func (r *reader) run(ctx context.Context, argv []string) (output, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultWait)
		defer cancel()
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	j, err := r.start(ctx, argv, stop)
	if err != nil {
		return output{}, err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		patience := time.NewTimer(killed)
		defer patience.Stop()
		select {
		case <-j.done:
		case <-patience.C:
			r.mu.Lock()
			j.killed = true
			r.mu.Unlock()
			return output{}, r.interrupted(ctx)
		}
	}
	return r.result(ctx, j)
}

// result makes an answer of a command that ended.
func (r *reader) result(ctx context.Context, j *job) (output, error) {
	if said, _ := j.said.kept(); len(said) > 0 {
		r.log.Info("messages of the command", "source", r.source, "text", fleet.Label(string(said)).String())
	}
	text, full := j.table.kept()
	if full {
		return output{}, r.fail(fleet.KindInvalid, errLong, "nothing of it was used")
	}
	if ctx.Err() != nil {
		return output{}, r.interrupted(ctx)
	}
	out := output{text: text}
	exit, coded := errors.AsType[*exec.ExitError](j.err)
	switch {
	case j.err == nil || errors.Is(j.err, exec.ErrWaitDelay): // what it left running holds its output; the table is here
	case coded && exit.Exited():
		out.exit, out.code = j.err, exit.ExitCode()
	default:
		return output{}, r.fail(fleet.KindServer, errors.New("the command was ended by a signal"), "it is run again later")
	}
	return out, nil
}

func (r *reader) interrupted(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return r.fail(fleet.KindTimeout, errSilent, "look at the machine: a driver that hangs needs a reboot")
	}
	if errors.Is(context.Cause(ctx), errLong) {
		return r.fail(fleet.KindInvalid, errLong, "nothing of it was used")
	}
	return r.fail(fleet.KindInterrupted, errors.New("stopped before its end"), "")
}

// start starts a command in a session of its own: no terminal, and one process group that a kill reaches as a whole.
func (r *reader) start(ctx context.Context, argv []string, stop context.CancelCauseFunc) (*job, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last != nil {
		select {
		case <-r.last.done:
		default:
			if r.last.killed {
				return nil, r.fail(fleet.KindTimeout, errHangs, "look at the machine: a driver that hangs needs a reboot")
			}
			return nil, r.fail(fleet.KindTimeout, errNotEnded, "")
		}
	}
	j := &job{done: make(chan struct{}), table: limited{most: maxOutput, over: func() { stop(errLong) }},
		said: limited{most: maxMessages}}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the operator configured this command
	cmd.Env = append(environment(os.Environ()), "SSH_ASKPASS_REQUIRE=never")
	cmd.Stdout, cmd.Stderr = &j.table, &j.said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killed / 2 // a connection that ssh leaves open must not hold the end of the command up
	if err := cmd.Start(); err != nil {
		if ctx.Err() != nil {
			return nil, r.interrupted(ctx)
		}
		return nil, r.fail(fleet.KindInvalid, errors.New("the program cannot be started"), "correct command in the configuration")
	}
	r.last = j
	go func() {
		defer close(j.done)
		j.err = cmd.Wait()
	}()
	return j, nil
}

func environment(all []string) []string {
	env := []string{}
	for _, kv := range all {
		name, _, _ := strings.Cut(kv, "=")
		for _, p := range passedOn {
			if name == p {
				env = append(env, kv)
			}
		}
	}
	return env
}

// limited keeps the first bytes of what is written. Beyond its limit it calls over, or drops where that is nil.
type limited struct {
	most int
	over func()

	mu   sync.Mutex
	buf  bytes.Buffer
	full bool
}

// Write keeps what there is room for.
func (l *limited) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if room := l.most - l.buf.Len(); len(p) > room {
		l.buf.Write(p[:room])
		l.full = true
		if l.over != nil {
			l.over()
			return room, errLong
		}
		return len(p), nil
	}
	return l.buf.Write(p)
}

// kept is a copy of what was kept, and whether there was more. What the command left running may still write.
func (l *limited) kept() (text []byte, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.buf.Bytes()), l.full
}
