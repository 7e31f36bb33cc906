package kube

import (
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/klog/v2"

	"pitwall/fleet"
)

// openers are the ways in which a cluster is opened.
var openers = map[string]func(fleet.SourceSpec, fleet.Deps) error{
	"reader":    func(s fleet.SourceSpec, d fleet.Deps) error { _, err := newReader(s, d); return err },
	"carriers":  func(s fleet.SourceSpec, d fleet.Deps) error { _, err := newCarriers(s, d); return err },
	"inspector": func(s fleet.SourceSpec, d fleet.Deps) error { _, err := newInspector(s, d); return err },
	"objects":   func(s fleet.SourceSpec, d fleet.Deps) error { _, err := newObjects(s, d); return err },
	"writer":    func(s fleet.SourceSpec, d fleet.Deps) error { _, err := newObjectWriter(s, d); return err },
	"shared":    func(s fleet.SourceSpec, d fleet.Deps) error { _, err := newSharedReader(s, d); return err },
}

// What a process of its own needs to know to open a cluster and let client-go log.
const opensVariable, logVariable = "PITWALL_TEST_OPENS", "PITWALL_TEST_LOG"

// Trap 20: what client-go logs goes to standard error, which is the screen, until it is told otherwise. Its logger is one for the
// whole process, so that each way of opening a cluster is tried in another one. What plugins print is in TestACredentialPlugin.
func TestTrap20ClientGoDoesNotWriteOverTheScreen(t *testing.T) {
	for name := range openers {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "log")
			cmd := exec.Command(os.Args[0], "-test.run=^TestOpensAndLogs$", "-test.v=false")
			cmd.Env = append(os.Environ(), opensVariable+"="+name, logVariable+"="+file)
			screen, err := cmd.CombinedOutput()
			if err != nil || strings.Contains(string(screen), "watch ended") {
				t.Errorf("%v, on the screen:\n%s", err, screen)
			}
			log, err := os.ReadFile(file)
			if err != nil || !strings.Contains(string(log), "the watch ended") || !strings.Contains(string(log), "from=client-go") {
				t.Errorf("%v, in the log:\n%s", err, log)
			}
		})
	}
}

// TestOpensAndLogs is the process of its own.
func TestOpensAndLogs(t *testing.T) {
	open := openers[os.Getenv(opensVariable)]
	if open == nil {
		t.Skip("it is run by TestTrap20ClientGoDoesNotWriteOverTheScreen")
	}
	file, err := os.Create(os.Getenv(logVariable))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	spec := fleet.SourceSpec{ID: "kube", URL: "http://127.0.0.1:1", Options: map[string]string{optShared: "pitwall"}}
	if err := open(spec, fleet.Deps{Clock: fleet.NewVirtualClock(start), Log: slog.New(slog.NewTextHandler(file, nil))}); err != nil {
		t.Fatal(err)
	}
	klog.Error("the watch ended")
	klog.InfoS("the watch ended", "times", 2)
	klog.Flush()
}
