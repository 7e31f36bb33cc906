//go:build !linux

package servers

import (
	"os"
	"syscall"
)

// leader adds nothing here: a starter that is killed leaves its servers behind.
func leader() *syscall.SysProcAttr { return nil }

func kill(p *os.Process) { _ = p.Kill() }
