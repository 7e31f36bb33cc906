package servers

import (
	"os"
	"syscall"
)

// leader makes a process the leader of its group, which the kernel kills when the starter dies.
func leader() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func kill(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
