package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Process is a server that was started: the leader of a process group of its own, with its output in a file. It dies
// with the program that started it, on Linux even when that is killed.
type Process struct {
	Name string
	Log  string // path of what it says
	cmd  *exec.Cmd
	done chan struct{}
}

// start runs a program; its output goes to NAME.log in dir.
func start(dir, name, bin string, args ...string) (*Process, error) {
	return startWith(nil, dir, name, bin, args...)
}

// startWith runs a program with further variables, as NAME=VALUE.
func startWith(environ []string, dir, name, bin string, args ...string) (*Process, error) {
	p := &Process{Name: name, Log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	log, err := os.Create(p.Log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own
	// It has an end of its own, by stop, and not by a context: a killed server would not clean up.
	p.cmd = exec.Command(bin, args...) //nolint:gosec,noctx // programs that the test bed built or the machine has
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	p.cmd.Env = append(os.Environ(), environ...)
	p.cmd.SysProcAttr = leader()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// PID is the id of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// stop ends the process and what it started at once: nothing that it would save is needed.
func (p *Process) stop() {
	kill(p.cmd.Process)
	<-p.done
}

// quit asks the process to end, which may have started others in groups of their own, and ends it when it does not.
func (p *Process) quit(within time.Duration) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.done:
	case <-time.After(within):
	}
	p.stop()
}

// Tail is the end of what the process said, at most so many bytes.
func (p *Process) Tail(size int) string {
	b, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("end of what %s said:\n%s", p.Name, b[max(0, len(b)-size):])
}

// await asks until there is no error. It gives up when the process ends or the context does.
func (p *Process) await(ctx context.Context, what string, probe func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		once, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := probe(once)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("%s ended before %s: %w\n%s", p.Name, what, err, p.Tail(3000))
		case <-ctx.Done():
			return fmt.Errorf("%s: never %s: %w\n%s", p.Name, what, err, p.Tail(3000))
		}
	}
}
