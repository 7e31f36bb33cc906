package world

import "math"

// GPU is one device. Its values follow from the work of the replica that holds it.
type GPU struct {
	Device *Device
	UUID   string
	Index  int
	Node   string
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
	Lost   bool    // it has fallen off the bus
	Broken bool    // no process can use it before it is reset
	feed   float64
	trait  float64 // this device's own deviation, -1 to 1
}

const (
	loadTau    = 2.0  // seconds over which activity is averaged
	heatTau    = 40.0 // seconds of the cooling plate
	ambient    = 27.0 // Celsius at the inlet
	throttleAt = 0.97 // of the power limit, where clocks begin to fall
)

// settle puts the device into the state that a long time without change would have led to.
func (g *GPU) settle() {
	g.Watts = g.Device.IdleWatts
	g.Clock = g.Device.BoostMHz
	g.Temp = g.rest()
	g.Used = 0.01 * g.Device.MemoryMiB
	if g.Owner != nil {
		g.hold()
	}
}

// hold takes the memory that an engine allocates when it starts.
func (g *GPU) hold() { g.Used = math.Round(g.Device.MemoryMiB * (0.9 + 0.004*g.trait)) }

func (g *GPU) rest() float64 { return ambient + 3*g.trait + g.Watts/g.Device.MaxWatts*44 }

// advance moves the device by dt seconds, in which it ran kernels for busy and prefill kernels for feeding seconds.
func (g *GPU) advance(dt, busy, feeding float64) {
	a := math.Exp(-dt / loadTau)
	g.Busy = a*g.Busy + (1-a)*min(busy/dt, 1)
	g.feed = a*g.feed + (1-a)*min(feeding/dt, 1)
	decode := max(g.Busy-g.feed, 0)
	g.Tensor = 0.62*g.feed + 0.11*decode
	g.SM = 0.93*g.feed + 0.72*decode
	g.DRAM = 0.34*g.feed + 0.78*decode
	span := g.Device.MaxWatts - g.Device.IdleWatts
	want := g.Device.IdleWatts + span*(0.25*g.Busy+0.55*g.Tensor/0.62+0.30*g.DRAM)*(1+0.03*g.trait)
	g.Clock = g.Device.BoostMHz
	if ceiling := throttleAt * g.Device.MaxWatts; want > ceiling {
		g.Clock = math.Round(g.Device.BoostMHz * math.Sqrt(ceiling/want))
		want = ceiling
	}
	g.Watts = want
	g.Energy += want * dt
	h := math.Exp(-dt / heatTau)
	g.Temp = h*g.Temp + (1-h)*g.rest()
}
