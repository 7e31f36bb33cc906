package views

import (
	"slices"

	"pitwall/fleet"
)

// SortKey is something that a table can be sorted by: o and its letter.
type SortKey struct {
	Key    string // for Table.Sort
	Letter rune
	Word   fleet.Safe
}

// sortKeys are all keys of all tables with one letter each, the same everywhere.
var sortKeys = []SortKey{
	{"state", 's', fleet.Text("state")},
	{"name", 'n', fleet.Text("name")},
	{"model", 'm', fleet.Text("model")},
	{"req", 'r', fleet.Text("req/s")},
	{"err", 'e', fleet.Text("err%")},
	{"ttft", 't', fleet.Text("ttft95")},
	{"itl", 'i', fleet.Text("itl95")},
	{"queue", 'q', fleet.Text("queue")},
	{"gpu", 'g', fleet.Text("gpu%")},
	{"kv", 'k', fleet.Text("kv%")},
	{"tok", 'o', fleet.Text("tok/s")},
	{"cost", 'c', fleet.Text("$/h")},
	{"idle", 'l', fleet.Text("idle")},
	{"mtok", 'j', fleet.Text("$/1M")},
	{"age", 'a', fleet.Text("age")},
	{"node", 'd', fleet.Text("node")},
	{"temp", 'h', fleet.Text("temp")},
	{"power", 'p', fleet.Text("power")},
	{"mem", 'y', fleet.Text("mem%")},
	{"kind", 'z', fleet.Text("kind")},
	{"namespace", 'w', fleet.Text("namespace")},
	{"restarts", 'x', fleet.Text("restarts")},
	{"gpus", 'u', fleet.Text("gpus")},
	{"free", 'f', fleet.Text("free")},
	{"pods", 'b', fleet.Text("pods")},
}

// SortKeys lists what a pane can be sorted by; none where its order is fixed.
func SortKeys(screen Screen, pane string) []SortKey {
	var want []string
	switch {
	case screen == ScreenOverview && pane == "pools", screen == ScreenPools && pane == "pools":
		want = []string{"state", "name", "model", "req", "err", "ttft", "itl", "queue", "gpu", "kv", "tok", "cost"}
	case screen == ScreenOverview && pane == "routes", screen == ScreenRoutes && pane == "routes":
		want = []string{"state", "name", "req", "err", "ttft"}
	case screen == ScreenPools && pane == "replicas":
		want = []string{"state", "name", "node", "queue", "kv", "tok", "ttft", "itl", "age"}
	case pane == "gpus":
		want = []string{"state", "name", "gpu", "mem", "temp", "power"}
	case screen == ScreenCost:
		want = costSortKeys(pane)
	case screen == ScreenSources:
		want = []string{"state", "name", "kind", "age"}
	default:
		want = slices.Concat(clusterSortKeys(pane), billSortKeys(pane), computeSortKeys(pane))
	}
	keys := make([]SortKey, 0, len(want))
	for _, k := range sortKeys {
		for _, w := range want {
			if k.Key == w {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// costSortKeys are what the tables of the cost screen can be sorted by; charts have no rows.
func costSortKeys(pane string) []string {
	switch {
	case pane == paneCostBeside:
		return []string{"name", "mtok"}
	case isCostChart(pane):
		return nil
	default:
		return []string{"cost", "name", "idle", "mtok", "tok"}
	}
}

// billSortKeys are what the tables of bills can be sorted by.
func billSortKeys(pane string) []string {
	switch pane {
	case "billfactors", "billparts":
		return []string{"name", "cost"}
	case "billsources":
		return []string{"name"}
	default:
		return nil
	}
}

func computeSortKeys(pane string) []string {
	switch pane {
	case "machines":
		return []string{"state", "name", "kind", "cost", "gpu"}
	case "capacity":
		return []string{"name", "gpus"}
	default:
		return []string{"cost", "name", "kind"}
	}
}

// clusterSortKeys are what the tables of clusters can be sorted by.
func clusterSortKeys(pane string) []string {
	switch pane {
	case "clusters":
		return []string{"state", "name", "age", "pods"}
	case "nodes":
		return []string{"state", "name", "age", "gpus", "free", "pods"}
	case "pods":
		return []string{"state", "name", "node", "age", "namespace", "restarts", "gpus"}
	case "workloads":
		return []string{"state", "name", "kind", "age", "namespace", "gpus"}
	case "upgrades":
		return []string{"state", "name", "model", "kind", "gpus"}
	case "kevents":
		return []string{"name", "kind", "namespace"}
	default:
		return nil
	}
}

func sortWord(key string) fleet.Safe {
	for _, k := range sortKeys {
		if k.Key == key {
			return k.Word
		}
	}
	return fleet.Label(key)
}
