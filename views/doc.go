// Package views draws: each function turns (snapshot, book, ui state, size, theme) into text and nothing else.
// It never blocks, reads a clock, opens anything or starts a goroutine, so that every screen is a golden file.
package views
