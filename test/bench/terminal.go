package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// terminal is the program on a pseudo terminal, watched by an emulated one that answers its questions.
type terminal struct {
	cmd   *exec.Cmd
	tty   *os.File
	began time.Time // just before the program was started
	ended chan struct{}

	mu    sync.Mutex
	term  *vt.Emulator
	reads []read
	watch func(screen string) bool
	met   chan time.Time
}

// patience is how long a screen may take to show what is waited for.
const patience = 20 * time.Second

// read is one piece of output.
type read struct {
	at time.Time
	n  int
}

// open starts the program. dir is its home: nothing of the person's own files is read.
func open(ctx context.Context, bin, dir string, w, h int, environ []string, args ...string) (*terminal, error) {
	cmd := exec.CommandContext(ctx, bin, args...) //nolint:gosec // the program that the bench built
	cmd.Dir = dir
	cmd.Env = append([]string{"TERM=xterm-256color", "LANG=C.UTF-8", "HOME=" + dir, "PATH=" + os.Getenv("PATH")}, environ...)
	t := &terminal{cmd: cmd, term: vt.NewEmulator(w, h), ended: make(chan struct{}), began: time.Now()}
	var err error
	if t.tty, err = pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)}); err != nil {
		return nil, err
	}
	go t.listen()
	go func() {
		_, _ = io.Copy(t.tty, t.term) // answers to the program's questions, as a terminal gives them
	}()
	return t, nil
}

// listen notes when what was written, until the program ends.
func (t *terminal) listen() {
	defer close(t.ended)
	buf := make([]byte, 64<<10)
	for {
		n, err := t.tty.Read(buf)
		at := time.Now()
		if n > 0 {
			t.take(buf[:n], at)
		}
		if err != nil {
			return
		}
	}
}

func (t *terminal) take(b []byte, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads = append(t.reads, read{at, len(b)})
	_, _ = t.term.Write(b)
	if t.watch != nil && t.watch(t.term.String()) {
		t.met <- at
		t.watch = nil
	}
}

// text is what the screen shows.
func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.term.String()
}

// expect arms a condition on the screen; the time of the output that met it comes through the channel.
func (t *terminal) expect(met func(screen string) bool) <-chan time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.met = make(chan time.Time, 1)
	if met(t.term.String()) {
		t.met <- time.Now()
		return t.met
	}
	t.watch = met
	return t.met
}

// await waits for an armed condition.
func (t *terminal) await(ctx context.Context, met <-chan time.Time, what string) (time.Time, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case at := <-met:
		return at, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	case <-t.ended:
	case <-timer.C:
	}
	return time.Time{}, fmt.Errorf("the screen never showed %s; it shows:\n%s", what, t.text())
}

// show waits until the screen shows all texts.
func (t *terminal) show(ctx context.Context, texts ...string) (time.Time, error) {
	met := t.expect(func(screen string) bool {
		for _, s := range texts {
			if !strings.Contains(screen, s) {
				return false
			}
		}
		return true
	})
	return t.await(ctx, met, strings.Join(texts, " and "))
}

// press sends keys and returns when.
func (t *terminal) press(keys string) (time.Time, error) {
	at := time.Now()
	_, err := t.tty.WriteString(keys)
	return at, err
}

// firstAfter is when the first output after a time came; false while there is none.
func (t *terminal) firstAfter(at time.Time) (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := len(t.reads) - 1; i >= 0; i-- {
		if t.reads[i].at.Before(at) {
			if i+1 == len(t.reads) {
				return time.Time{}, false
			}
			return t.reads[i+1].at, true
		}
	}
	return time.Time{}, false
}

// written counts bytes and pieces of output for a time from now.
func (t *terminal) written(ctx context.Context, d time.Duration) (bytes, pieces int, err error) {
	from := time.Now()
	if err := sleep(ctx, d); err != nil {
		return 0, 0, err
	}
	to := from.Add(d)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.reads {
		if !r.at.Before(from) && r.at.Before(to) {
			bytes, pieces = bytes+r.n, pieces+1
		}
	}
	return bytes, pieces, nil
}

// cpu is the processor time that the program used so far, of all its threads, in steps of 10 ms.
func (t *terminal) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", t.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:])) // the name may hold anything
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat is not as expected")
	}
	user, err := strconv.Atoi(fields[11]) // utime and stime are fields 14 and 15 of proc(5)
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err // USER_HZ is 100 on every Linux port of Go
}

// close ends the program.
func (t *terminal) close() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-t.ended:
	case <-time.After(5 * time.Second):
		_ = t.cmd.Process.Kill()
	}
	_ = t.cmd.Wait()
	_ = t.tty.Close()
	if c, ok := t.term.InputPipe().(io.Closer); ok {
		_ = c.Close()
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
