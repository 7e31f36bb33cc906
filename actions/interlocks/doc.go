// Package interlocks holds the rules that refuse unsafe states. Each is a pure function of a plan, a snapshot, the book
// of changes and the time: same input, same verdict. It must not do I/O, keep state or know a screen.
//
// To add one: write its file, and its line in All.
package interlocks
