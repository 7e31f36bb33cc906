//go:build unix

package audit

import (
	"fmt"
	"log/syslog"
)

// Syslog publishes a head to the local syslog or journald, for Options.Outside. It connects for each head: heads are
// minutes apart, and a daemon that restarts in between is not noticed.
func Syslog(h Head) error {
	w, err := syslog.New(syslog.LOG_NOTICE|syslog.LOG_AUTHPRIV, "pitwall")
	if err != nil {
		return err
	}
	defer w.Close()
	return w.Notice(fmt.Sprintf("audit head %d %s", h.Seq, h.Hash))
}
