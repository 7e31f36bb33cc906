// Package views draws: each function turns (snapshot, book, ui state, size, theme) into text and nothing else.
// It never blocks, reads a clock, opens anything or starts a goroutine, so that every screen is a golden file.
//
// Each screen is one function that returns the whole frame, header and bottom line included: exactly H lines of
// exactly W cells.
//
//	Overview(sc Scene, u OverviewState, sz Size) string
//	Pools(sc Scene, u PoolsState, sz Size) string
//	Sources(sc Scene, u SourcesState, sz Size) string
//	Routes(sc Scene, u RoutesState, sz Size) string
//	Events(sc Scene, u EventsState, sz Size) string
//	Clusters, Nodes, Pods, Workloads, KubeEvents(sc Scene, u ClusterState, sz Size) string
//	Detail(sc Scene, u DetailState, sz Size) string
//	Overlaid(frame string, o Overlay, sc Scene, sz Size) string
//
// Each table screen also tells its order, so that selection by ID can move without knowing the drawing: raw IDs
// after filter and sort.
//
//	OverviewOrder(sc Scene, u OverviewState) map[string][]string  // by pane: "pools", "routes", "alerts"
//	PoolsOrder(sc Scene, u PoolsState) map[string][]string        // "pools"; with Pool set "replicas", "gpus"
//	SourcesOrder(sc Scene, u SourcesState) map[string][]string    // "sources"
//	PodsOrder(sc Scene, u ClusterState) map[string][]string       // "pods"; so do the others of clusters
//
// and the keys that its tables sort by, with their words:
//
//	SortKeys(screen Screen, pane string) []SortKey
package views
