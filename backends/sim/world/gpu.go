package world

import (
	"math"
	"time"
)

// GPU is one device. Its values follow from the work of the replica that holds it.
type GPU struct {
	Device *Device
	UUID   string
	Index  int
	Node   string
	Site   string
	Bus    string   // PCI address as NVML prints it
	Owner  *Replica // nil: idle

	Busy   float64 // part of the time in which a kernel ran, over the last seconds
	Tensor float64
	SM     float64
	DRAM   float64
	Watts  float64
	Temp   float64 // Celsius
	Clock  float64 // MHz
	Used   float64 // MiB
	Energy float64 // joules since boot
	Faults GPUFaults
	Lost   bool // it has fallen off the bus
	Broken bool // no process can use it before it is reset

	slow  float64 // part of the boost clock that the heat leaves, 1 in normal times
	cool  float64 // factor on the heat that the cooler lets stand, 1 in normal times
	feed  float64
	spin  float64
	trait float64 // this device's own deviation, -1 to 1
}

// GPUFaults is what the driver has counted against a device.
type GPUFaults struct {
	Xid          int               // the last code; it stays until the driver starts again
	XidAt        map[int]time.Time // of each code that has occurred, the last time
	Xids         map[int]int       // how often each has
	DoubleBit    int               // uncorrectable memory errors since the driver started
	Remapped     int               // rows remapped for uncorrectable errors
	RemapPending bool              // a remapped row takes effect at the next reset
	Replays      float64           // packets repeated on NVLink
}

// xid books a code of the driver.
func (g *GPU) xid(code int, at time.Time) {
	f := &g.Faults
	if f.Xids == nil {
		f.Xids, f.XidAt = map[int]int{}, map[int]time.Time{}
	}
	f.Xid, f.XidAt[code] = code, at
	f.Xids[code]++
}

// Hot says whether the device holds its clocks down because of its temperature.
func (g *GPU) Hot() bool { return g.slow < 1 }

const (
	hotAt    = 87.0  // Celsius at which the hardware slows down
	warmAt   = 65.0  // and below which it lets go
	slowdown = 0.6   // part of the boost clock while it does
	spinHeat = 0.155 // part of the power span that waiting kernels take
)

const (
	loadTau    = 2.0  // seconds over which activity is averaged
	heatTau    = 40.0 // seconds of the cooling plate
	ambient    = 27.0 // Celsius at the inlet
	throttleAt = 0.97 // of the power limit, where clocks begin to fall
)

// settle puts the device into the state that a long time without change would have led to.
func (g *GPU) settle() {
	g.Watts, g.slow, g.cool = g.Device.IdleWatts, 1, 1
	g.Clock = g.Device.BoostMHz
	g.Temp = g.rest()
	g.Used = 0.01 * g.Device.MemoryMiB
	if g.Owner != nil {
		g.hold()
	}
}

// hold takes the memory that an engine allocates when it starts.
func (g *GPU) hold() { g.Used = math.Round(g.Device.MemoryMiB * (0.9 + 0.004*g.trait)) }

func (g *GPU) rest() float64 { return ambient + 3*g.trait + g.Watts/g.Device.MaxWatts*44*g.cool }

// advance moves the device by dt seconds, in which it ran kernels for busy seconds: of those, prefill kernels for
// feeding, and kernels that only wait for other devices for spin seconds.
func (g *GPU) advance(dt, busy, feeding, spin float64) {
	a := math.Exp(-dt / loadTau)
	g.Busy = a*g.Busy + (1-a)*min(busy/dt, 1)
	g.feed = a*g.feed + (1-a)*min(feeding/dt, 1)
	g.spin = a*g.spin + (1-a)*min(spin/dt, 1)
	decode := max(g.Busy-g.feed-g.spin, 0)
	g.Tensor = 0.62*g.feed + 0.11*decode
	g.SM = 0.93*g.feed + 0.72*decode
	g.DRAM = 0.34*g.feed + 0.78*decode
	span := g.Device.MaxWatts - g.Device.IdleWatts
	active := 0.25*(g.Busy-g.spin) + spinHeat*g.spin + 0.55*g.Tensor/0.62 + 0.30*g.DRAM
	want := g.Device.IdleWatts + span*active*(1+0.03*g.trait)
	g.Clock = g.Device.BoostMHz
	if g.slow < 1 {
		g.Clock = math.Round(g.Device.BoostMHz * g.slow)
		want = g.Device.IdleWatts + (want-g.Device.IdleWatts)*g.slow
	} else if ceiling := throttleAt * g.Device.MaxWatts; want > ceiling {
		g.Clock = math.Round(g.Device.BoostMHz * math.Sqrt(ceiling/want))
		want = ceiling
	}
	g.Watts = want
	g.Energy += want * dt
	h := math.Exp(-dt / heatTau)
	g.Temp = h*g.Temp + (1-h)*g.rest()
	switch {
	case g.Temp >= hotAt:
		g.slow = slowdown
	case g.Temp < warmAt:
		g.slow = 1
	}
}
