// Package probe sends a small real chat request to any OpenAI-compatible endpoint, to know that answers come: with a tool, for
// a JSON document, of a given length.
// It must not send what nobody wrote down, spend more than was allowed, retry, or keep or tell a word of an answer.
package probe
