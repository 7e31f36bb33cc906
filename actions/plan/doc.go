// Package plan turns an intent into a Plan: pure data that says what would be written, step by
// step, with inverses and estimated effects. It sends nothing and reads no clock.
package plan
