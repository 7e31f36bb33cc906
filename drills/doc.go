// Package drills is practice on the embedded fleet: scenarios that break it by causes, the score of who worked them, and the
// report that teaches. It is pure but for reading files: what a drill runs on, and who works it, come in through two interfaces.
//
// The parts, points and red flags of a score are those of the failure catalogue's part D.
package drills
