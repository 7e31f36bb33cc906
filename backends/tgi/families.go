package tgi

import (
	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// family is one metric that is read. Names are those of engines-and-gpus.md 6 (TGI 3.3.7, which is in maintenance and gets
// no new ones). Counters carry no "_total", and series appear with their first event.
type family = enginepage.Family[enginepage.Single, engine]

// engine is a reading in the making.
type engine struct {
	fleet.EngineReading
	held, room fleet.Maybe[float64] // tokens that the batch may grow to, and that there is room for
}

func families() []family {
	return append(append(gauges(), counters()...), histograms()...)
}

func gauges() []family {
	gauge := func(name string, set func(x *engine, v float64)) family {
		return family{Name: name, Kind: promtext.Gauge, Set: set}
	}
	return []family{
		gauge("tgi_batch_current_size", func(x *engine, v float64) { x.Running = enginepage.Some[fleet.Count](v) }),
		gauge("tgi_queue_size", func(x *engine, v float64) { x.Waiting = enginepage.Some[fleet.Count](v) }),
		gauge("tgi_batch_current_max_tokens", func(x *engine, v float64) { x.held = fleet.Some(v) }),
		gauge("tgi_batch_max_total_tokens", func(x *engine, v float64) { x.room = fleet.Some(v) }),
	}
}

func counters() []family {
	return []family{
		{Name: "tgi_request_success", Kind: promtext.Counter, Set: func(x *engine, v float64) { enginepage.Add(&x.Finished, v) }},
		{Name: "tgi_request_failure", Kind: promtext.Counter, Also: failed},
		// One for each step of the batch, of prefill and of decode: tokens are only counted when their request ends.
		{Name: "tgi_batch_inference_count", Kind: promtext.Counter, Set: func(x *engine, v float64) { enginepage.Add(&x.Work, v) }},
	}
}

// failed sums failures, which are outside of the successes. A dropped request is one that its client gave up; one that
// does not validate is the client's fault; overload is the server's.
func failed(x *engine, l promtext.Labels, v float64) {
	enginepage.Add(&x.Finished, v)
	switch string(l.Raw("err")) {
	case "dropped":
		enginepage.Add(&x.Aborted, v)
	case "generation", "incomplete", "overloaded":
		enginepage.Add(&x.Failed, v)
	}
}

// The 1024 bounds of tgi_batch_next_size are not among them: their lines are passed over unread. Neither is
// tgi_request_mean_time_per_token_duration, one mean for each request, which is not inter-token latency.
func histograms() []family {
	histogram := func(name string, into func(x *engine) *fleet.Histogram) family {
		return family{Name: name, Kind: promtext.Histogram, Hist: into}
	}
	input := histogram("tgi_request_input_length", func(x *engine) *fleet.Histogram { return &x.PromptLen })
	input.Sum = func(x *engine, v float64) { x.PromptTokens = fleet.Some(v) }
	output := histogram("tgi_request_generated_tokens", func(x *engine) *fleet.Histogram { return &x.OutputLen })
	output.Sum = func(x *engine, v float64) { x.OutputTokens = fleet.Some(v) }
	return []family{
		input, output,
		histogram("tgi_request_max_new_tokens", func(x *engine) *fleet.Histogram { return &x.MaxTokens }),
		histogram("tgi_request_duration", func(x *engine) *fleet.Histogram { return &x.E2E }),
		histogram("tgi_request_queue_duration", func(x *engine) *fleet.Histogram { return &x.QueueTime }),
	}
}

func newDecode() enginepage.Decode {
	d := enginepage.New("TGI", enginepage.Only, families())
	return func(page []byte) (fleet.Partial, error) {
		engines, _, notices, err := d.Decode(page)
		if err != nil {
			return fleet.Partial{}, err
		}
		var x engine // a page that only declares what it will count is an engine of which nothing is known yet
		if len(engines) > 0 {
			x = engines[0]
		}
		return fleet.Partial{Notices: notices, Engines: []fleet.EngineReading{x.finish()}}, nil
	}
}

// finish derives what takes more than one metric. There is no gauge of the KV cache: the tokens that the batch may grow
// to stand for it.
func (x *engine) finish() fleet.EngineReading {
	e := x.EngineReading
	if x.room.OK {
		e.KVCapacity = enginepage.Tokens(x.room.V, 1)
	}
	e.KVUsage = enginepage.Share(x.held, x.room)
	e.LateTokens = true
	return e
}
