package backends

import "pitwall/fleet"

// presentGPUs counts distinct boards: MIG instances of one board count once.
func presentGPUs(list []fleet.GPU) int {
	boards := map[string]bool{}
	for _, g := range list {
		if !g.Missing {
			boards[board(g.Reading)] = true
		}
	}
	return len(boards)
}

// board is what the rows of one physical device have in common.
func board(r fleet.GPUReading) string {
	if r.PCI != "" {
		return r.PCI
	}
	if r.MIG != "" && r.Index != "" {
		return r.Host + "/" + r.Index
	}
	return string(r.ID)
}

// boardPower sums watts over distinct boards: exporters repeat board values on every MIG row.
func boardPower(list []fleet.GPU) fleet.Maybe[fleet.Watts] {
	var sum fleet.Watts
	known := false
	seen := map[string]bool{}
	for _, g := range list {
		if b := board(g.Reading); !g.Missing && g.Reading.Power.OK && !seen[b] {
			seen[b], known = true, true
			sum += g.Reading.Power.V
		}
	}
	return fleet.Maybe[fleet.Watts]{V: sum, OK: known}
}

// meanUtil is the mean utilisation over boards that report one: the instances of a cut board count as one.
func meanUtil(nodes []fleet.Node) fleet.Maybe[fleet.Ratio] {
	var sum fleet.Ratio
	n := 0
	for _, node := range nodes {
		if node.State == fleet.StateStale || node.State == fleet.StateUnknown {
			continue
		}
		for i := 0; i < len(node.GPUs); {
			of, util, rows := board(node.GPUs[i].Reading), fleet.Ratio(0), 0
			for ; i < len(node.GPUs) && board(node.GPUs[i].Reading) == of; i++ { // instances lie together
				if g := &node.GPUs[i]; !g.Missing && !g.Frozen && g.Reading.Util.OK {
					util += g.Reading.Util.V
					rows++
				}
			}
			if rows > 0 {
				sum += util / fleet.Ratio(rows)
				n++
			}
		}
	}
	if n == 0 {
		return fleet.None[fleet.Ratio]()
	}
	return fleet.Some(sum / fleet.Ratio(n))
}
