// Package tui is the one tea.Model of the console: focus, screens, dialogs, key table and command line. It moves
// the state that views draw and asks a Control for everything that a change needs.
// It must not read a network, draw, hold the state of a change or touch a writer: a change lives in its runner and
// goes on without a screen.
package tui
