// Package clusters shows the causal world as Kubernetes clusters: it turns pools, pods, nodes and events of the model
// into objects, serves them (package kubeapi) over TLS on loopback, and carries what clients write back into the model.
// It must not decide what happens: status follows from the world, and a write that the world cannot follow is refused.
package clusters
