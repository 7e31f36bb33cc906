// Package actions holds the vocabulary of change: Intent, Plan, Step, Check, State, Change and Book.
// Its sub-packages plan, check, run and record changes. Nothing here draws, reads a network or knows an adapter.
package actions
