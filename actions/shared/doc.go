// Package shared is what operators on several machines see of each other's changes: copies of journals in a cluster, who
// holds which lock there, and both merged into a book. It must not carry changes, write to a cluster, or let a value leave
// its machine that may be a credential.
package shared
