// Package fleet holds the words and values of a hybrid LLM fleet: sites, pools,
// replicas, GPUs, providers, gateways, routes, readings and the immutable Snapshot.
// It must not do I/O beyond a clock, and must not import anything of pitwall.
package fleet
