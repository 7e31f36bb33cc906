// Package journal is the write-ahead record of changes that survives a crash: one append-only file for each change.
// It decides nothing: the runner says what happens, the journal makes sure that it was written down before.
package journal
