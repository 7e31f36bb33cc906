package triton

import (
	"math"

	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/gpupage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

func newDecode() enginepage.Decode {
	d := enginepage.New("Triton", keyOf, families())
	return func(page []byte) (fleet.Partial, error) {
		entries, keys, notices, err := d.Decode(page)
		if err != nil {
			return fleet.Partial{}, err
		}
		p := fleet.Partial{Notices: notices}
		for i := range entries {
			x, k := &entries[i], keys[i]
			switch {
			case k.model != nil:
				e := x.engine()
				e.Model, e.Engine = fleet.ModelName(promtext.Decode(k.model)), promtext.Decode(k.version)
				p.Engines = append(p.Engines, e)
			case k.gpu != nil:
				g := x.device()
				g.ID = fleet.GPUID(gpupage.Clip(promtext.Decode(k.gpu)))
				p.GPUs = append(p.GPUs, g)
			}
		}
		return p, nil
	}
}

// engine derives the reading of one model.
func (x *entry) engine() fleet.EngineReading {
	e := x.EngineReading
	if e.Running = x.scheduled; !e.Running.OK {
		e.Running = x.active
	}
	// Requests wait for the backend first, and within it for a place in the batch then.
	for _, queue := range []fleet.Maybe[fleet.Count]{x.inFlightWaiting, x.pending} {
		if queue.OK {
			enginepage.Add(&e.Waiting, float64(queue.V))
		}
	}
	if !e.KVUsage.OK {
		e.KVUsage = enginepage.Share(x.used, x.blocks)
	}
	if x.blocks.OK && x.perBlock.OK {
		e.KVCapacity = enginepage.Tokens(x.blocks.V, x.perBlock.V)
	}
	if x.success.OK || x.failure.OK {
		enginepage.Add(&e.Finished, x.success.V)
		enginepage.Add(&e.Finished, x.failure.V)
	}
	e.E2E, e.QueueTime = meanOnly(x.success, x.totalMicros), meanOnly(x.success, x.queueMicros)
	e.TTFT = seconds(x.firstMillis)
	// The gauges of the backend only move with its iterations. While something waits it iterates, or it hangs.
	if e.Pulse = x.iterations; !e.Pulse.OK {
		e.Pulse = x.executions
	}
	if e.Waiting.V > 0 {
		e.Work = x.iterations
	}
	return e
}

// meanOnly is a histogram with no bound but the last: of a count and a sum it keeps the mean, and has no quantile.
func meanOnly(count, micros fleet.Maybe[float64]) fleet.Histogram {
	if !count.OK || !micros.OK {
		return fleet.Histogram{}
	}
	return fleet.Histogram{Bounds: []float64{math.Inf(1)}, Counts: []float64{count.V}, Sum: micros.V / 1e6}
}

// seconds rescales a histogram of milliseconds.
func seconds(h fleet.Histogram) fleet.Histogram {
	for i := range h.Bounds {
		h.Bounds[i] /= 1000
	}
	h.Sum /= 1000
	return h
}

// device derives the row of one GPU.
func (x *entry) device() fleet.GPUReading {
	g := x.gpu
	if x.gpuMemoryInUse.OK {
		g.MemUsed = enginepage.Some[fleet.Bytes](x.gpuMemoryInUse.V)
		if free := x.gpuMemory.V - x.gpuMemoryInUse.V; x.gpuMemory.OK && free >= 0 {
			g.MemFree = enginepage.Some[fleet.Bytes](free)
		}
	}
	return g
}
