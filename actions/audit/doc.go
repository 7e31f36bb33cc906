// Package audit is the hash-chained record of who did what. It never holds secrets, prompts, completions or bodies,
// and it decides nothing.
package audit
