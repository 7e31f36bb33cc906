// Command pitwall is the terminal control console for hybrid LLM serving.
//
// This package wires flags, configuration, signals and exit codes; it holds no logic of its own.
package main

import (
	"context"
	"os"
	"runtime/debug"
	_ "time/tzdata" // budget days follow a time zone also where the machine has none
)

// gcPercent more than halves how far the heap may grow between collections: on a bastion memory is shared, and pages that are read
// and dropped are most of what is allocated.
const gcPercent = 40

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run(context.Background(), os.Args[1:], console{
		in: os.Stdin, out: os.Stdout, errs: os.Stderr, environ: os.Getenv,
	}))
}
