//go:build race

package main

// raceDetector makes the embedded fleet ten times slower: scripts that let its minutes pass are left to the run
// without the detector. The packages that they drive have race tests of their own.
const raceDetector = true
