// Package wire serves a simulated world over loopback HTTP in the formats of the real systems: vLLM, dcgm-exporter,
// LiteLLM, Kong and OpenAI-style providers. It must not change the model: it shows the world and hands requests to it.
package wire
