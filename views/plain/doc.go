// Package plain draws the fleet and its changes as text that appends: labelled sentences for screen readers and dumb
// terminals, and tables and blocks for commands without a screen. It must not use colour, move a cursor, read a clock
// or know a terminal; outside text enters only as fleet.Safe.
package plain
