package azureml

import (
	"strings"
	"time"
)

// system is what Azure keeps of every resource.
type system struct {
	Created  time.Time `json:"createdAt"`
	Modified time.Time `json:"lastModifiedAt"`
}

// endpoint is an online endpoint.
type endpoint struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	System     system `json:"systemData"`
	Properties struct {
		State    string         `json:"provisioningState"`
		Traffic  map[string]int `json:"traffic"`
		Mirrored map[string]int `json:"mirrorTraffic"`
		Compute  string         `json:"compute"` // of a Kubernetes cluster; "" for machines of Azure's
	} `json:"properties"`
}

// deployment is an online deployment.
type deployment struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	System system `json:"systemData"`
	SKU    struct {
		Capacity *int `json:"capacity"`
	} `json:"sku"`
	Properties struct {
		State       string `json:"provisioningState"`
		Compute     string `json:"endpointComputeType"` // Managed, Kubernetes
		Model       string `json:"model"`
		Environment string `json:"environmentId"`
		Instance    string `json:"instanceType"`
		Scale       struct {
			Type string `json:"scaleType"`
			Min  int    `json:"minInstances"`
			Max  int    `json:"maxInstances"`
		} `json:"scaleSettings"`
	} `json:"properties"`
}

func (d *deployment) instances() int {
	if d.SKU.Capacity == nil {
		return 0
	}
	return *d.SKU.Capacity
}

// utilised is the scale setting by which Azure ML scales by itself.
const utilised = "TargetUtilization"

func (d *deployment) scales() bool { return d.Properties.Scale.Type == utilised }

// identity tells one resource of a name from a later one.
func identity(id string, s system) string {
	if s.Created.IsZero() {
		return strings.ToLower(id)
	}
	return strings.ToLower(id) + "@" + s.Created.UTC().Format(time.RFC3339Nano)
}

// asset is the name and version of a model or environment in an ID: "llama:3" of ".../models/llama/versions/3" and of
// "azureml:llama:3"; the ID itself where it is written otherwise.
func asset(id string) string {
	parts := strings.Split(id, "/")
	if n := len(parts); n >= 3 && parts[n-2] == "versions" {
		return parts[n-3] + ":" + parts[n-1]
	}
	return strings.TrimPrefix(id, "azureml:")
}
