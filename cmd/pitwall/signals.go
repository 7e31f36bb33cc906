package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// untilSignal ends the returned context at SIGINT, SIGTERM or SIGHUP.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}

// parting says how a console ended.
type parting int

const (
	left     parting = iota // the person left
	hungUp                  // SIGHUP: the link dropped
	asked                   // SIGTERM
	stopHere                // SIGINT outside of the screen
)

// watchSignals calls end with how the process was told to stop, at most once.
func watchSignals(end func(parting)) (stop func()) {
	got := make(chan os.Signal, 4)
	signal.Notify(got, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case sig := <-got:
				switch sig {
				case syscall.SIGHUP, syscall.SIGPIPE:
					end(hungUp)
				case syscall.SIGTERM:
					end(asked)
				default:
					end(stopHere)
				}
			}
		}
	}()
	// The handler stays installed: a hang-up must not end the process while a change is guarded.
	return func() { close(done) }
}

// detachTerminal points the standard streams at nothing, so that a guard never fails on a terminal that is gone.
func detachTerminal() error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	for fd := range 3 {
		if err := unix.Dup2(int(null.Fd()), fd); err != nil {
			return err
		}
	}
	return nil
}
