package world

// bounds are the upper bounds of an engine's histograms.
type bounds struct {
	ttft, itl, tpot, whole, queue, part, prefill []float64 // seconds
	step                                         []float64 // seconds; nil where the engine has no such histogram
	length, batch                                []float64
}

// boundsOf returns the bounds that an engine's own release has (engines-and-gpus.md 3.1, 4.2, 5.1 and 6).
func boundsOf(engine string) bounds {
	b := bounds{ttft: ttftBounds, itl: itlBounds, tpot: itlBounds, whole: e2eBounds, queue: e2eBounds, part: e2eBounds,
		prefill: e2eBounds, length: lenBounds}
	switch engine {
	case "sglang":
		b.ttft, b.itl, b.whole, b.queue = sglangTTFT, sglangITL, sglangWhole, sglangQueue
	case "trtllm":
		b.prefill = trtllmPrefill
	case "tgi":
		g := tgiSeconds
		b = bounds{ttft: g, itl: g, tpot: g, whole: g, queue: g, part: g, prefill: g, step: g, length: tgiTokens,
			batch: tgiBatch}
	case "triton":
		b.ttft = tritonFirst
	}
	return b
}

// The bucket bounds of vLLM v1 (live capture 2026-06) and LiteLLM 1.81 (0.005 to 300 s).
var (
	ttftBounds = []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
		640, 2560}
	itlBounds = []float64{.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}
	e2eBounds = []float64{.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
	lenBounds = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000}
	nBounds   = []float64{1, 2, 5, 10, 20}
	iterBound = []float64{1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}
	gwBounds  = []float64{.005, .00625, .0125, .025, .05, .1, .5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7,
		7.5, 8, 8.5, 9, 9.5, 10, 15, 20, 25, 30, 60, 120, 180, 240, 300}
)

// The bounds of SGLang (metrics_collector, 2026), TensorRT-LLM (2026) and Triton's first responses.
var (
	sglangTTFT  = []float64{.1, .2, .4, .6, .8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400}
	sglangWhole = []float64{.1, .2, .4, .6, .8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400, 600, 1200, 1800, 2400}
	sglangITL   = []float64{.002, .004, .006, .008, .01, .015, .02, .025, .03, .035, .04, .06, .08, .1, .2, .4, .6, .8, 1,
		2, 4, 6, 8}
	sglangQueue = []float64{0, .1, .2, .5, 1, 2, 3, 4, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 300, 400, 500,
		600, 700, 800, 900, 1000, 1200, 1400, 1600, 1800, 2000, 2500, 3000}
	trtllmPrefill = []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40, 80, 160, 640, 2560}
	tritonFirst   = []float64{.1, .5, 2, 5}
)

// The bounds of TGI 3.3: 35 times, each half as long again as the one before; a hundred parts of the longest context;
// one for each size of a batch.
var (
	tgiSeconds = grow(35, .00015, func(v float64) float64 { return v * 1.5 })
	tgiTokens  = grow(100, 327.68, func(v float64) float64 { return v + 327.68 })
	tgiBatch   = grow(1024, 1, func(v float64) float64 { return v + 1 })
)

func grow(n int, first float64, next func(float64) float64) []float64 {
	out := make([]float64, n)
	for i, v := 0, first; i < n; i, v = i+1, next(v) {
		out[i] = v
	}
	return out
}
