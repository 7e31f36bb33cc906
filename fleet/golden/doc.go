// Package golden asks prompts whose right answers are known, and judges what comes back: whether a text, a JSON document, a
// tool call or a length is as it must be. It must not open a connection, read a clock, or let any text of a prompt or an
// answer out: its findings hold names, verdicts, numbers and digests.
package golden
