package azurevms

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
)

// mostSets bounds how many scale sets with GPUs are asked for their machines.
const mostSets = 50

// set is a scale set: a pool of nodes of AKS is one.
type set struct {
	ID         string `json:"id"`
	SKU        sku    `json:"sku"`
	Properties struct {
		Mode    string `json:"orchestrationMode"` // machines of flexible sets are on the list of machines
		Profile struct {
			Priority string `json:"priority"`
		} `json:"virtualMachineProfile"`
	} `json:"properties"`
}

// setID is how the ID of a scale set is written: it becomes a part of an address.
var setID = regexp.MustCompile(`^/subscriptions/[\w-]{1,64}/resourceGroups/[\w.()-]{1,90}/providers/` +
	`Microsoft\.Compute/virtualMachineScaleSets/[\w.-]{1,80}$`)

// scaled reads the machines of uniform scale sets, and puts how they run into views. What was read before a failure stays.
func (r *reader) scaled(ctx context.Context, views map[string]view) ([]vm, error) {
	items, _, err := r.pages(ctx, r.sets)
	if err != nil {
		return nil, err
	}
	var out []vm
	asked := 0
	for _, item := range items {
		var s set
		if json.Unmarshal(item, &s) != nil || !setID.MatchString(s.ID) {
			return out, r.Invalid("a scale set of the list cannot be read")
		}
		if !ofGPUs(s.SKU.Name) || strings.EqualFold(s.Properties.Mode, "Flexible") {
			continue
		}
		if asked++; asked > mostSets {
			return out, r.Invalid("the subscription has more scale sets with GPUs than are read")
		}
		list, _, err := r.list(ctx, s.ID+"/virtualMachines?$expand=instanceView&api-version="+version)
		if err != nil {
			return out, err
		}
		for i := range list {
			list[i].Properties.Priority = s.Properties.Profile.Priority
			views[strings.ToLower(list[i].ID)] = list[i].Properties.View
		}
		if out = append(out, list...); r.Bounded(len(out)) != nil {
			return nil, r.Bounded(len(out))
		}
	}
	return out, nil
}
