package kong

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
)

// plane is one data plane as its control plane knows it.
type plane struct {
	Host   string `json:"hostname"`
	Hash   string `json:"config_hash"`
	Status string `json:"sync_status"`
	Seen   int64  `json:"last_seen"` // seconds
}

// gone is how long a data plane may be silent and still count: four of its pings. One that ended stays on the list for two
// weeks, and cannot be told from one that is cut off and serves what it had.
const gone = 2 * time.Minute

// emptyHash is that of a data plane without a configuration.
var emptyHash = strings.Repeat("0", 32)

// planes asks a control plane for its data planes, and by which clock they are to be judged.
func (a *api) planes(ctx context.Context, now time.Time) (list []plane, at time.Time, err error) {
	raws, reply, err := a.list(ctx, "/clustering/data-planes")
	if err != nil {
		return nil, now, err
	}
	for _, raw := range raws {
		var p plane
		if json.Unmarshal(raw, &p) != nil {
			return nil, now, a.invalid("read /clustering/data-planes", errOdd)
		}
		list = append(list, p)
	}
	if reply.ServerTime.OK {
		now = reply.ServerTime.V
	}
	return list, now, nil
}

// present are those that still count, and silent is how many do not.
func present(list []plane, now time.Time) (live []plane, silent int) {
	for _, p := range list {
		if now.Sub(time.Unix(p.Seen, 0)) <= gone {
			live = append(live, p)
		} else {
			silent++
		}
	}
	return live, silent
}

// pendingAt says what data planes have not taken over, or refuse; empty where all hold the same. stale is the hash that all
// of them held before a change, "" for none.
func pendingAt(live []plane, stale string) fleet.Safe {
	for _, p := range live {
		if strings.HasSuffix(p.Status, "incompatible") {
			return fleet.Textf("data plane %s refuses the configuration: %s", fleet.Label(p.Host), fleet.Label(p.Status))
		}
		if p.Hash == emptyHash || p.Hash == "" {
			return fleet.Textf("data plane %s has no configuration yet", fleet.Label(p.Host))
		}
	}
	old := slices.DeleteFunc(slices.Clone(live), func(p plane) bool { return p.Hash != stale })
	if stale != "" && len(old) > 0 {
		return fleet.Textf("%s of %s data planes still hold the configuration of before the change: %s", fleet.Int(len(old)),
			fleet.Int(len(live)), fleet.Label(old[0].Host))
	}
	most := majority(live)
	other := slices.DeleteFunc(slices.Clone(live), func(p plane) bool { return p.Hash == most })
	if len(other) > 0 {
		return fleet.Textf("%s of %s data planes hold another configuration than the others: %s", fleet.Int(len(other)),
			fleet.Int(len(live)), fleet.Label(other[0].Host))
	}
	return fleet.Safe{}
}

// majority is the hash that most hold; of equal ones the first.
func majority(live []plane) string {
	votes, best := map[string]int{}, ""
	for _, p := range live {
		votes[p.Hash]++
	}
	for _, p := range live {
		if votes[p.Hash] > votes[best] {
			best = p.Hash
		}
	}
	return best
}

// common is the hash that all hold, "" where they differ or there are none.
func common(live []plane) string {
	for _, p := range live {
		if p.Hash != live[0].Hash {
			return ""
		}
	}
	if len(live) == 0 {
		return ""
	}
	return live[0].Hash
}
