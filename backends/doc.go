// Package backends holds the Hub, which reads every source on its own schedule and merges what they
// say into immutable Snapshots. Each sub-package speaks to one kind of system.
// The Hub knows no adapter, writes to nothing and draws nothing.
package backends
