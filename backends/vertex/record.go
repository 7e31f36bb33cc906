package vertex

import (
	"encoding/json"
	"strings"
	"time"

	"pitwall/backends/internal/jsonptr"
)

// record is an endpoint as the API gives it.
type record struct {
	Name     string            `json:"name"`
	Display  string            `json:"displayName"`
	Etag     string            `json:"etag"`
	Created  time.Time         `json:"createTime"`
	Updated  time.Time         `json:"updateTime"`
	Split    map[string]int    `json:"trafficSplit"`
	Deployed []json.RawMessage `json:"deployedModels"`
}

// The blocks of a deployed model that say how many replicas it has.
const (
	dedicated = "dedicatedResources"
	automatic = "automaticResources"
)

// member is a deployed model as pitwall compares it.
type member struct {
	ID           string          `json:"id"`
	Version      string          `json:"version"` // of the model: 456@3
	Display      string          `json:"displayName"`
	Created      time.Time       `json:"createTime"`
	Block        string          `json:"block"` // dedicatedResources, automaticResources, "" for a shared pool
	Min          *int            `json:"minReplicaCount,omitempty"`
	Max          *int            `json:"maxReplicaCount,omitempty"`
	Machine      string          `json:"machineType"`
	Accelerator  string          `json:"acceleratorType"`
	Accelerators int             `json:"acceleratorCount"`
	Available    *int            `json:"availableReplicaCount,omitempty"`
	Message      string          `json:"message"`
	Copied       json.RawMessage `json:"copied,omitempty"` // what another model deployed beside it takes over
}

type bounds struct {
	Min     *int `json:"minReplicaCount"`
	Max     *int `json:"maxReplicaCount"`
	Machine struct {
		Type         string `json:"machineType"`
		Accelerator  string `json:"acceleratorType"`
		Accelerators int    `json:"acceleratorCount"`
	} `json:"machineSpec"`
}

func (m *member) least() int {
	if m.Min == nil {
		return 0
	}
	return *m.Min
}

// most is the largest number of replicas; without one it is the smallest.
func (m *member) most() int {
	if m.Max == nil || *m.Max == 0 {
		return m.least()
	}
	return *m.Max
}

// gpus are those of one replica; ok is false where a machine type alone says it, or nothing does.
func (m *member) gpus() (n int, ok bool) {
	if m.Block != dedicated || m.Accelerator == "" || !strings.HasPrefix(m.Accelerator, "NVIDIA_") {
		return 0, false
	}
	return m.Accelerators, m.Accelerators > 0
}

// copies are the keys of a deployed model that a new one takes over, so that it runs as the one that serves.
var copies = []string{dedicated, automatic, "sharedResources", "serviceAccount", "enableAccessLogging", "disableContainerLogging",
	"disableExplanations", "fasterDeploymentConfig", "speculativeDecodingSpec"}

func newMember(raw json.RawMessage) (*member, error) {
	var in struct {
		ID        string    `json:"id"`
		Model     string    `json:"model"`
		Version   string    `json:"modelVersionId"`
		Display   string    `json:"displayName"`
		Created   time.Time `json:"createTime"`
		Dedicated *bounds   `json:"dedicatedResources"`
		Automatic *bounds   `json:"automaticResources"`
		Status    *struct {
			Available int    `json:"availableReplicaCount"`
			Message   string `json:"message"`
		} `json:"status"`
	}
	if err := jsonptr.Typed([]byte(raw), &in); err != nil {
		return nil, err
	}
	m := &member{ID: in.ID, Version: versionOf(in.Model, in.Version), Display: in.Display, Created: in.Created}
	b := &bounds{}
	switch {
	case in.Dedicated != nil:
		m.Block, b = dedicated, in.Dedicated
	case in.Automatic != nil:
		m.Block, b = automatic, in.Automatic
	}
	m.Min, m.Max = b.Min, b.Max
	m.Machine, m.Accelerator, m.Accelerators = b.Machine.Type, b.Machine.Accelerator, b.Machine.Accelerators
	if in.Status != nil {
		m.Available, m.Message = &in.Status.Available, in.Status.Message
	}
	all := map[string]json.RawMessage{}
	kept := map[string]json.RawMessage{}
	if err := jsonptr.Typed([]byte(raw), &all); err != nil {
		return nil, err
	}
	for _, k := range copies {
		if v, ok := all[k]; ok {
			kept[k] = v
		}
	}
	var err error
	m.Copied, err = json.Marshal(kept)
	return m, err
}

// versionOf names a version of a model without its project, which the API writes sometimes by name and sometimes by number:
// "456@3".
func versionOf(model, version string) string {
	id := model[strings.LastIndexByte(model, '/')+1:]
	id, said, _ := strings.Cut(id, "@")
	if version == "" {
		version = said
	}
	if version == "" {
		return id
	}
	return id + "@" + version
}

// content is an endpoint as pitwall compares and changes it: deployed models by their IDs, since a list moves, and a split
// without those that get nothing.
func (r *record) content() (content, error) {
	c := content{Name: r.Name, Display: r.Display, Created: r.Created, Updated: r.Updated, Split: map[string]int{},
		Deployed: map[string]*member{}}
	for _, raw := range r.Deployed {
		m, err := newMember(raw)
		if err != nil {
			return content{}, err
		}
		c.Deployed[m.ID] = m
	}
	for id, n := range r.Split {
		if n > 0 {
			c.Split[id] = n
		}
	}
	return c, nil
}

func (r *record) uid() string { return r.Name + "@" + r.Created.UTC().Format(time.RFC3339Nano) }

// id is the last part of the name.
func (r *record) id() string { return r.Name[strings.LastIndexByte(r.Name, '/')+1:] }
