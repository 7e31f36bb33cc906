package bentoml

import (
	"bytes"

	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// family is one metric that is read: seen on pages of BentoML 1.4.40; the older prefix is that of 1.0 and 1.1.
type family = enginepage.Family[key, engine]

// The prefixes of names. Runners of 1.0 and 1.1 count their part of the same requests under a third one, which is not read.
const (
	prefix    = "bentoml_service_"
	oldPrefix = "bentoml_api_server_"
)

// engine is a reading in the making.
type engine struct {
	fleet.EngineReading
	durations fleet.Histogram
}

// key is one service of a page, and whether the series count questions of monitors instead of requests. A bento of several
// services has all of them on the page of the first.
type key struct {
	service []byte
	probe   bool
}

// Equal compares both parts.
func (k key) Equal(o key) bool { return k.probe == o.probe && bytes.Equal(k.service, o.service) }

func keyOf(l promtext.Labels) key {
	k := key{service: l.Raw("runner_name"), probe: isProbe(l.Raw("endpoint"))}
	if k.service == nil { // 1.0 and 1.1; later ones write the name of the bento there
		k.service = l.Raw("service_name")
	}
	return k
}

// isProbe tells the paths that every BentoML server answers by itself and counts like requests: those of health checks,
// pitwall's own among them, and of the description of its API.
func isProbe(endpoint []byte) bool {
	switch string(endpoint) {
	case "/livez", "/readyz", "/healthz", "/metrics", "/docs.json", "/schema.json":
		return true
	}
	return false
}

// families leaves bentoml_service_last_request_timestamp_seconds out: it does not tell requests from health checks, and
// moves with these.
func families() []family {
	var list []family
	for _, p := range []string{prefix, oldPrefix} {
		list = append(list,
			family{Name: p + "request_in_progress", Kind: promtext.Gauge,
				Set: func(x *engine, v float64) { enginepage.Add(&x.Running, v) }},
			family{Name: p + "request_total", Kind: promtext.Counter, Also: ended},
			family{Name: p + "request_duration_seconds", Kind: promtext.Histogram, Split: true,
				Hist: func(x *engine) *fleet.Histogram { return &x.durations }},
		)
	}
	return list
}

// ended counts requests by what was answered: an answer of 500 and above is a failure of the service, a lower one is
// the client's affair.
func ended(x *engine, l promtext.Labels, v float64) {
	enginepage.Add(&x.Finished, v)
	failed := 0.0
	if code := l.Raw("http_response_code"); len(code) == 3 && code[0] == '5' {
		failed = v
	}
	enginepage.Add(&x.Failed, failed)
}

func newDecode() enginepage.Decode {
	d := enginepage.New("BentoML", keyOf, families())
	return func(page []byte) (fleet.Partial, error) {
		engines, keys, notices, err := d.Decode(page)
		if err != nil {
			return fleet.Partial{}, err
		}
		p := fleet.Partial{Notices: notices}
		for i := range engines {
			if !keys[i].probe {
				p.Engines = append(p.Engines, engines[i].finish(keys[i]))
			}
		}
		if len(p.Engines) == 0 { // nobody called yet: a server of which nothing is known
			p.Engines = []fleet.EngineReading{{}}
		}
		return p, nil
	}
}

func (x *engine) finish(k key) fleet.EngineReading {
	e := x.EngineReading
	e.Model = fleet.ModelName(promtext.Decode(k.service))
	e.E2E, e.Pulse = x.durations, e.Finished
	return e
}
