package amd

import "pitwall/fleet"

// whole is the compute partition type of a board that is not cut.
const whole = "spx"

// first tells whether the row has the sensors of its board: it is not cut, or this is its first partition.
func (x *row) first() bool { return x.partition == "" || x.partition == "0" || x.partition == "NA" }

// cut tells whether the board is cut into partitions, of which this row is one.
func (x *row) cut() bool {
	return !x.first() || x.partition == "0" && x.compute != "" && x.compute != whole && x.compute != "none"
}

// finish names each row and fills in what the page says in another way. The partitions of one board get the board's
// serial number as their id, their own number as the instance, and the index of the first one, by which they are known
// to be one device.
func finish(rows []row) []fleet.GPUReading {
	boards := map[string]string{} // serial number to the index of the first partition
	shared := map[string]bool{}   // serial numbers that two boards have: then they name neither
	for i := range rows {
		x := &rows[i]
		if x.serial == "" || !x.first() {
			continue
		}
		if _, taken := boards[x.serial]; taken {
			shared[x.serial] = true
		}
		boards[x.serial] = x.index
	}
	gpus := make([]fleet.GPUReading, len(rows))
	for i := range rows {
		x := &rows[i]
		if shared[x.serial] {
			x.serial = ""
		}
		x.name(boards)
		x.fill()
		gpus[i] = x.GPUReading
	}
	return gpus
}

func (x *row) name(boards map[string]string) {
	switch {
	case x.serial != "":
		x.ID = fleet.GPUID(x.serial)
	case x.uuid != "":
		x.ID = fleet.GPUID(x.uuid)
	default:
		x.ID = fleet.GPUID(x.index) // told apart on its node at least
	}
	if !x.cut() {
		return
	}
	x.MIG, x.MIGProfile = x.partition, x.compute
	if index, ok := boards[x.serial]; ok && x.serial != "" {
		x.Index = index
	}
}

func (x *row) fill() {
	for _, other := range []fleet.Maybe[fleet.Watts]{x.average, x.usage} {
		if !x.Power.OK {
			x.Power = other
		}
	}
	if !x.Temp.OK {
		x.Temp = x.edge
	}
	if !x.first() && x.total.V == 0 && (x.total.OK || x.used.V == 0) {
		return // a partition that is not told its share
	}
	x.MemUsed, x.MemFree = x.used, x.out
	if !x.MemFree.OK && x.total.OK && x.used.OK && x.used.V <= x.total.V {
		x.MemFree = fleet.Some(x.total.V - x.used.V)
	}
}
