package amd

import (
	"bytes"
	"errors"
	"strings"

	"pitwall/backends/internal/gpupage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// maxGPUs is how many GPUs and partitions one page may have.
const maxGPUs = 1024

var errMany = errors.New("the page names more than 1024 GPUs")

// decoder turns pages into readings and keeps its memory from page to page. It is not safe for concurrent use.
type decoder struct {
	fields []field
	prefix string // that the table was made for
	table  *promtext.Table
	page   promtext.Page
}

// key tells rows apart: each partition of a board has an index of its own.
type key struct{ index, partition string }

func newDecoder() *decoder { return &decoder{fields: fields()} }

// Decode reads one page.
func (d *decoder) Decode(body []byte) ([]fleet.GPUReading, []fleet.Notice, error) {
	if prefix, ok := prefixOf(body); d.table == nil || ok && prefix != d.prefix {
		d.use(prefix)
	}
	if err := d.table.Parse(body, &d.page); err != nil {
		return nil, nil, err
	}
	var rows []row
	at := map[key]int{}
	for i := range d.page.Samples {
		s := &d.page.Samples[i]
		k := key{index: gpupage.Clip(s.Labels.Value("gpu_id")), partition: gpupage.Clip(s.Labels.Value("gpu_partition_id"))}
		if k.index == "" {
			continue // counts of the node, and network cards, have no GPU
		}
		n, ok := at[k]
		if !ok {
			if n = len(rows); n == maxGPUs {
				return nil, nil, errMany
			}
			at[k] = n
			rows = append(rows, newRow(k, s.Labels))
		}
		d.take(&rows[n], s)
	}
	return finish(rows), d.page.Notices, nil
}

// use prepares for pages whose names have a prefix.
func (d *decoder) use(prefix string) {
	wanted := make([]promtext.Family, len(d.fields))
	for i, f := range d.fields {
		wanted[i] = promtext.Family{Name: prefix + f.name, Type: promtext.Gauge | promtext.Counter}
	}
	d.prefix, d.table = prefix, promtext.NewTable(wanted...)
}

func (d *decoder) take(x *row, s *promtext.Sample) {
	f := &d.fields[s.Family]
	switch {
	case f.board && (isBlank(s.Value) || !x.first()):
	case f.also != nil:
		f.also(x, s.Labels, s.Value)
	default:
		f.set(x, s.Value)
	}
}

// tells are the names by which a prefix is found; one of them is on every page with a GPU.
var tells = [][]byte{
	[]byte("gpu_gfx_activity"), []byte("gpu_total_vram"), []byte("gpu_health"), []byte("gpu_package_power"),
	[]byte("gpu_average_package_power"), []byte("gpu_junction_temperature"), []byte("gpu_edge_temperature"),
	[]byte("gpu_used_vram"), []byte("gpu_power_usage"), []byte("gpu_nodes_total"),
}

// prefixOf finds what stands before the names of the page's families.
func prefixOf(body []byte) (string, bool) {
	for len(body) > 0 {
		line := body
		if end := bytes.IndexByte(body, '\n'); end >= 0 {
			line, body = body[:end], body[end+1:]
		} else {
			body = nil
		}
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		name := line
		if end := bytes.IndexAny(line, "{ \t"); end >= 0 {
			name = line[:end]
		}
		for _, tell := range tells {
			if prefix, ok := bytes.CutSuffix(name, tell); ok {
				return string(prefix), true
			}
		}
	}
	return "", false
}

func newRow(k key, l promtext.Labels) row {
	x := row{key: k, serial: known(l.Value("serial_number")), uuid: known(l.Value("gpu_uuid")),
		compute: strings.ToLower(known(l.Value("gpu_compute_partition_type")))}
	x.Index = k.index
	x.Product = known(l.Value("card_model"))
	x.Driver = known(l.Value("driver_version"))
	x.Host = known(first(l, "exported_hostname", "hostname"))
	if pod := first(l, "exported_pod", "pod"); pod != "" {
		x.Pod = gpupage.Clip(first(l, "exported_namespace", "namespace") + "/" + pod)
	}
	return x
}

// known drops what the exporter writes for a label without a value.
func known(s string) string {
	if s == "NA" || s == "N/A" {
		return ""
	}
	return gpupage.Clip(s)
}

func first(l promtext.Labels, names ...string) string {
	for _, n := range names {
		if v := l.Value(n); v != "" {
			return v
		}
	}
	return ""
}
