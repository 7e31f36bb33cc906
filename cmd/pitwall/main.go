// Command pitwall is the terminal control console for hybrid LLM serving.
//
// This package wires flags, configuration, signals and exit codes; it holds no logic of its own.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // budget days follow a time zone also where the machine has none
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], console{
		in: os.Stdin, out: os.Stdout, errs: os.Stderr, environ: os.Getenv,
	}))
}
