package dcgm

import (
	"bytes"
	"errors"

	"pitwall/backends/internal/gpupage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// maxGPUs is how many GPUs and MIG instances one page may have.
const maxGPUs = 1024

var errMany = errors.New("the page names more than 1024 GPUs")

// decoder turns pages into readings and keeps its memory from page to page. It is not safe for concurrent use.
type decoder struct {
	fields []field
	table  *promtext.Table
	page   promtext.Page
	keys   []key
}

// key tells rows apart: instances of MIG share the UUID of their board, and old boards may have no UUID at all.
// Pods that share a GPU repeat its rows; the last one wins.
type key struct{ uuid, index, instance []byte }

func newDecoder() *decoder {
	list := fields()
	wanted := make([]promtext.Family, len(list))
	for i, f := range list {
		// The operator's list also chooses the type: a field is a gauge in one fleet and a counter in another.
		wanted[i] = promtext.Family{Name: f.name, Type: promtext.Gauge | promtext.Counter}
	}
	return &decoder{fields: list, table: promtext.NewTable(wanted...)}
}

// Decode reads one page.
func (d *decoder) Decode(body []byte) ([]fleet.GPUReading, []fleet.Notice, error) {
	if err := d.table.Parse(body, &d.page); err != nil {
		return nil, nil, err
	}
	d.keys = d.keys[:0]
	var rows []row
	for i := range d.page.Samples {
		s := &d.page.Samples[i]
		k := keyOf(s.Labels)
		if len(k.uuid) == 0 && len(k.index) == 0 {
			continue // links and switches have rows of their own
		}
		n := d.find(k)
		if n == len(rows) {
			if n == maxGPUs {
				return nil, nil, errMany
			}
			d.keys = append(d.keys, k)
			rows = append(rows, row{GPUReading: identity(k, s.Labels)})
		}
		d.take(&rows[n], s)
	}
	gpus := make([]fleet.GPUReading, len(rows))
	for i := range rows {
		gpus[i] = rows[i].finish()
	}
	return gpus, d.page.Notices, nil
}

func (d *decoder) take(x *row, s *promtext.Sample) {
	if isBlank(s.Value) {
		return
	}
	f := &d.fields[s.Family]
	if f.also != nil {
		f.also(x, s.Labels, s.Value)
	} else {
		f.set(x, s.Value)
	}
}

func keyOf(l promtext.Labels) key {
	var k key
	for {
		name, value, rest, ok := l.Next()
		if !ok {
			return k
		}
		switch string(name) {
		case "UUID", "uuid":
			k.uuid = value
		case "gpu":
			k.index = value
		case "GPU_I_ID":
			k.instance = value
		}
		l = rest
	}
}

func (d *decoder) find(k key) int {
	for i, o := range d.keys {
		if bytes.Equal(o.uuid, k.uuid) && bytes.Equal(o.instance, k.instance) && bytes.Equal(o.index, k.index) {
			return i
		}
	}
	return len(d.keys)
}

// identity reads the descriptive labels; each has had several names.
func identity(k key, l promtext.Labels) fleet.GPUReading {
	r := fleet.GPUReading{
		ID:         fleet.GPUID(gpupage.Clip(promtext.Decode(k.uuid))),
		Index:      gpupage.Clip(promtext.Decode(k.index)),
		MIG:        gpupage.Clip(promtext.Decode(k.instance)),
		MIGProfile: gpupage.Clip(l.Value("GPU_I_PROFILE")),
		PCI:        gpupage.NormalPCI(l.Value("pci_bus_id")),
		Product:    gpupage.Clip(first(l, "modelName", "model_name")),
		Host:       gpupage.Clip(first(l, "hostname", "Hostname")),
		Driver:     gpupage.Clip(first(l, "DCGM_FI_DRIVER_VERSION", "DCGM_FI_SYSTEM_DRIVER_VERSION")),
	}
	if r.ID == "" {
		r.ID = fleet.GPUID(r.Index) // told apart on its node at least
	}
	if pod := first(l, "exported_pod", "pod", "pod_name"); pod != "" {
		r.Pod = gpupage.Clip(first(l, "exported_namespace", "namespace", "pod_namespace") + "/" + pod)
	}
	return r
}

func first(l promtext.Labels, names ...string) string {
	for _, n := range names {
		if v := l.Value(n); v != "" {
			return v
		}
	}
	return ""
}
