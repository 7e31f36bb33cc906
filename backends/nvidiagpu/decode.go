package nvidiagpu

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"pitwall/backends/internal/gpupage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// maxGPUs is how many GPUs and MIG instances one page may have; maxCodes is how many Xids of one GPU.
const (
	maxGPUs  = 1024
	maxCodes = 256
)

var errMany = errors.New("the page names more than 1024 GPUs, or more than 256 Xid codes of one")

// decoder turns pages into readings and keeps its memory from page to page. It is not safe for concurrent use.
type decoder struct {
	board  []field
	parts  []partField
	others []string
	table  *promtext.Table
	page   promtext.Page

	rows  []row
	index map[string]int // by the uuid as the page has it
	state collection
}

// collection is what the exporter says of its own last read of the driver.
type collection struct {
	failed bool
	code   fleet.Maybe[float64]
}

func newDecoder() *decoder {
	d := &decoder{board: boardFields(), parts: partFields(), index: map[string]int{},
		others: []string{familyInfo, familyXids, familyXidTime, familySuccess, familyExitCode, familyNVMLCode}}
	var wanted []promtext.Family
	add := func(name string) {
		wanted = append(wanted, promtext.Family{Name: prefix + name, Type: promtext.Gauge | promtext.Counter})
	}
	for _, f := range d.board {
		add(f.name)
	}
	for _, f := range d.parts {
		add(f.name)
	}
	for _, name := range d.others {
		add(name)
	}
	d.table = promtext.NewTable(wanted...)
	return d
}

// Decode reads one page.
func (d *decoder) Decode(body []byte) ([]fleet.GPUReading, []fleet.Notice, error) {
	if err := d.table.Parse(body, &d.page); err != nil {
		return nil, nil, err
	}
	d.rows, d.state = nil, collection{}
	clear(d.index)
	for i := range d.page.Samples {
		if err := d.take(&d.page.Samples[i]); err != nil {
			return nil, nil, err
		}
	}
	notices := d.page.Notices
	var gpus []fleet.GPUReading
	for i := range d.rows {
		x := &d.rows[i]
		if !x.named {
			notices = append(notices, lost(x))
			continue
		}
		gpus = x.finish(gpus)
		if len(gpus) > maxGPUs {
			return nil, nil, errMany
		}
	}
	if d.state.failed && len(gpus) == 0 {
		return nil, nil, d.unread()
	}
	return gpus, notices, nil
}

func (d *decoder) take(s *promtext.Sample) error {
	n := s.Family
	if n < len(d.board) {
		x, err := d.row(s.Labels)
		if x != nil {
			x.named = true
			d.board[n].set(x, s.Value)
		}
		return err
	}
	if n -= len(d.board); n < len(d.parts) {
		x, err := d.row(s.Labels)
		if x != nil {
			x.named = true
			d.parts[n].set(x.part(s.Labels), s.Value)
		}
		return err
	}
	return d.takeOther(d.others[n-len(d.parts)], s)
}

func (d *decoder) takeOther(family string, s *promtext.Sample) error {
	switch family {
	case familySuccess:
		d.state.failed = s.Value == 0
		return nil
	case familyExitCode, familyNVMLCode:
		d.state.code = fleet.Some(s.Value)
		return nil
	}
	x, err := d.row(s.Labels)
	if x == nil {
		return err
	}
	if family == familyInfo {
		x.named = true
		x.describe(s.Labels)
		return nil
	}
	return x.xid(family, s)
}

// row finds the row of a sample by its uuid, nil where the sample has none.
func (d *decoder) row(l promtext.Labels) (*row, error) {
	raw := l.Raw("uuid")
	if len(raw) == 0 {
		return nil, nil
	}
	n, ok := d.index[string(raw)]
	if !ok {
		if n = len(d.rows); n == maxGPUs {
			return nil, errMany
		}
		d.index[string(raw)] = n
		d.rows = append(d.rows, row{GPUReading: fleet.GPUReading{ID: gpuID(promtext.Decode(raw))}})
	}
	return &d.rows[n], nil
}

// gpuID gives the UUID as all other sources write it: this exporter cuts its first letters off.
func gpuID(uuid string) fleet.GPUID {
	if !strings.HasPrefix(uuid, "GPU-") {
		uuid = "GPU-" + uuid
	}
	return fleet.GPUID(gpupage.Clip(uuid))
}

// describe reads the labels of gpu_info, which all other families of the GPU lack.
func (x *row) describe(l promtext.Labels) {
	x.Index = gpupage.Clip(l.Value("index"))
	x.Product = gpupage.Clip(l.Value("name"))
	x.PCI = gpupage.NormalPCI(l.Value("pci_bus_id"))
	x.Driver = gpupage.Clip(l.Value("driver_version"))
	x.Host = gpupage.Clip(l.Value("hostname")) // where a scrape configuration adds it
}

// part finds the GPU instance that a sample is of. Its compute instances share memory and activity.
func (x *row) part(l promtext.Labels) *part {
	id := gpupage.Clip(l.Value("gpu_instance_id"))
	i := slices.IndexFunc(x.parts, func(p part) bool { return p.id == id })
	if i < 0 {
		i = len(x.parts)
		x.parts = append(x.parts, part{id: id})
	}
	if profile := l.Value("profile"); profile != "" {
		x.parts[i].profile = gpupage.Clip(instanceProfile(profile))
	}
	return &x.parts[i]
}

// instanceProfile is the profile of the GPU instance: "1c.3g.71gb" is a compute instance of a "3g.71gb".
func instanceProfile(profile string) string {
	first, rest, ok := strings.Cut(profile, ".")
	if digits, isCompute := strings.CutSuffix(first, "c"); ok && isCompute {
		if _, err := strconv.Atoi(digits); err == nil {
			return rest
		}
	}
	return profile
}

// finish adds the readings of one board: itself, or its instances with the values of the board on each.
func (x *row) finish(gpus []fleet.GPUReading) []fleet.GPUReading {
	if !x.Power.OK {
		x.Power = x.instant
	}
	if !x.RemapPending.OK {
		x.RemapPending = x.retired
	}
	slices.SortFunc(x.Xids, func(a, b fleet.XidCount) int { return cmp.Compare(a.Code, b.Code) })
	x.LastXid = newest(x.Xids)
	if len(x.parts) == 0 {
		return append(gpus, x.GPUReading)
	}
	for _, p := range x.parts {
		g := x.GPUReading
		g.MIG, g.MIGProfile = p.id, p.profile
		g.MemUsed, g.MemFree, g.Util, g.SMUtil, g.TensorUtil = p.used, p.free, p.util, p.sm, p.tensor
		gpus = append(gpus, g)
	}
	return gpus
}
