package togethercompute

import (
	"context"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// cluster is what is read of a GPU cluster. Its kube_config is not among it.
type cluster struct {
	ID      string `json:"cluster_id"`
	Name    string `json:"cluster_name"`
	Region  string `json:"region"`
	GPU     string `json:"gpu_type"`
	Status  string `json:"status"`
	GPUs    int    `json:"num_gpus"`
	Until   string `json:"reservation_end_time"`
	Created string `json:"created_at"`
	Workers []struct {
		ID       string `json:"node_id"`
		Name     string `json:"node_name"`
		Host     string `json:"host_name"`
		Instance string `json:"instance_id"`
		Status   string `json:"status"`
		GPUs     int    `json:"num_gpus"`
	} `json:"gpu_worker_nodes"`
}

// clusters makes a machine of each worker node. An account without the right for clusters still has its endpoints.
func (r *reader) clusters(ctx context.Context) ([]fleet.Machine, []fleet.Notice) {
	var page struct {
		Clusters *[]cluster `json:"clusters"`
	}
	_, err := r.Get(ctx, "/compute/clusters", &page)
	if err == nil && page.Clusters == nil {
		err = r.Invalid("the answer holds no list of clusters")
	}
	n := 0
	if err == nil {
		for i := range *page.Clusters {
			n += max(1, len((*page.Clusters)[i].Workers))
		}
		err = r.Bounded(n)
	}
	if err != nil {
		return nil, machines.Without(fleet.Text("its GPU clusters"), err)
	}
	list := make([]fleet.Machine, 0, n)
	for i := range *page.Clusters {
		list = append(list, r.workers(&(*page.Clusters)[i])...)
	}
	return list, nil
}

func (r *reader) workers(c *cluster) []fleet.Machine {
	price, from := r.Of(c.GPU) // of a worker: the API tells none
	base := fleet.Machine{ID: c.ID, Name: fleet.Label(c.Name), Type: fleet.Label(c.GPU), GPU: machines.GPU(c.GPU),
		Region: fleet.Label(c.Region),
		State:  clusterState(c.Status), Said: fleet.Label(c.Status), Pricing: fleet.PricingOnDemand, Started: moment(c.Created),
		Until: moment(c.Until), Price: price, PriceFrom: from}
	if base.Until.OK {
		base.Pricing = fleet.PricingReserved
	}
	if len(c.Workers) == 0 {
		base.GPUs = machines.Count(c.GPUs)
		return []fleet.Machine{base}
	}
	var list []fleet.Machine
	for _, w := range c.Workers {
		m := base
		m.ID, m.GPUs = c.ID+"/"+w.ID, machines.Count(w.GPUs)
		m.Name = fleet.Label(w.Name)
		m.Said = fleet.Textf("%s, node %s", fleet.Quote(c.Status), fleet.Quote(w.Status))
		m.Addresses = machines.Known(w.Name, w.Host, w.Instance, w.ID)
		list = append(list, m)
	}
	return list
}

// clusterState is how a cluster stands. Degraded is a cluster some of whose nodes do not do: which, only their own status says, of
// which no list of words is published.
func clusterState(said string) fleet.MachineState {
	switch said {
	case "Ready":
		return fleet.MachineRunning
	case "Degraded":
		return fleet.MachineUnwell
	case "Paused", "OnDemandComputePaused":
		return fleet.MachineStopped
	case "Deleting":
		return fleet.MachineLeaving
	case "WaitingForControlPlaneNodes", "WaitingForDataPlaneNodes", "WaitingForSubnet", "WaitingForSharedVolume", "InstallingDrivers",
		"RunningAcceptanceTests":
		return fleet.MachineStarting
	default:
		return fleet.MachineUnknown
	}
}
