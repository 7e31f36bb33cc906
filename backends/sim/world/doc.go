// Package world is the causal model of a fleet: demand, gateways, engines, GPUs and providers over virtual time.
// A fault changes a cause; every number follows from the model. It must not do I/O, read a clock or know a
// wire format: whoever serves it says what time it is.
package world
