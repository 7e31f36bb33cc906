// Package sim is the embedded fleet: a causal world (package world) behind the wire formats of the real systems
// (package wire) on loopback, with the inventory that names these endpoints as if they were real. It must not be
// known to any adapter, and no fault may set a symptom.
package sim
