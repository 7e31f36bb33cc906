// Package tuitest holds what tests and benchmarks of the console share: a scripted control and feed, a counting
// output and an emulated screen. It must not be imported by the program itself.
package tuitest
