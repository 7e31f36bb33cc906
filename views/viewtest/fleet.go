package viewtest

import (
	"math"
	"slices"
	"sync"
	"time"

	"pitwall/fleet"
)

// Now is the time of all fixtures: 2026-11-22 14:07:22 UTC.
func Now() time.Time { return time.Date(2026, 11, 22, 14, 7, 22, 0, time.UTC) }

func ago(d time.Duration) time.Time { return Now().Add(-d) }

// Fleet is the incident of the wireframes: a pool of eight nodes that lost one to Xid 119, a gateway of three
// replicas of which one lags, and two providers of which one has no fresh bill.
func Fleet() *fleet.Snapshot {
	return costs(&fleet.Snapshot{
		Gen: 4711, At: Now(), Context: "prod-eu-1", Env: fleet.EnvProd, Mode: fleet.ModeLive,
		Totals: totals(),
		Sites: []fleet.Site{{ID: "fra-1", Labels: []string{"eu"}, Fate: fleet.Fate{"power": "F2"}}, {ID: "fra-2",
			Labels: []string{"eu"}}},
		Pools:     pools(),
		Providers: providers(),
		Gateways:  gateways(),
		Routes:    routes(),
		Alerts:    alerts(),
		Events:    events(),
		Sources:   sources(),
		Spend:     spend(),
	})
}

func totals() fleet.Totals {
	return fleet.Totals{
		Load: fleet.Load{
			At: ago(2 * time.Second), Window: time.Minute,
			Requests: fleet.Some(fleet.Rate(1723)), Errors: fleet.Some(fleet.Ratio(0.0158)),
			TTFT50: fleet.Some(fleet.Seconds(0.31)), TTFT95: fleet.Some(fleet.Seconds(0.89)),
			ITL95:   fleet.Some(fleet.Seconds(0.041)),
			Running: fleet.Some(fleet.Count(1210)), Waiting: fleet.Some(fleet.Count(200)),
			KV:      fleet.Some(fleet.Ratio(0.71)),
			OutRate: fleet.Some(fleet.TokenRate(97000)),
		},
		GPUUtil: fleet.Some(fleet.Ratio(0.87)), GPUs: 112, Burn: fleet.Some(fleet.USDPerHour(412)),
		Trends: fleet.Trends{
			Requests: Wave(60, 1700, 60, 0.2), Errors: Climb(60, 0.003, 0.0158), TTFT95: Climb(60, 0.5, 0.89),
			ITL95: Wave(60, 0.041, 0.002, 0.3), Waiting: Climb(60, 4, 200), GPUUtil: Wave(60, 0.85, 0.05, 0.1),
			KV: Climb(60, 0.5, 0.71), OutRate: Wave(60, 97000, 2000, 0.4), Burn: Wave(60, 405, 8, 0.05),
		},
	}
}

// trendStep is how far two values of a history are apart.
const trendStep = 10 * time.Second

// Wave is a history of some minutes around a mean.
func Wave(minutes int, mean, swing, step float64) fleet.Trend {
	return history(shape{"wave", minutes, mean, swing, step}, func(v []float64) {
		for i := range v {
			v[i] = mean + swing*math.Sin(float64(i)*step/6)
		}
	})
}

// Climb is a history of some minutes that stays low and then rises over its last third.
func Climb(minutes int, low, high float64) fleet.Trend {
	return history(shape{"climb", minutes, low, high, 0}, func(v []float64) {
		for i := range v {
			part := math.Max(0, float64(i-len(v)*2/3)/float64(len(v)-1-len(v)*2/3))
			v[i] = low + (high-low)*part
		}
	})
}

// shape is what the values of a history follow from.
type shape struct {
	kind    string
	minutes int
	a, b, c float64
}

// drawn holds the values of each shape that was asked for: tests make the same fleet thousands of times.
var drawn sync.Map

// history gives a test values of its own.
func history(s shape, draw func([]float64)) fleet.Trend {
	v, ok := drawn.Load(s)
	if !ok {
		fresh := make([]float64, s.minutes*6)
		draw(fresh)
		v, _ = drawn.LoadOrStore(s, fresh)
	}
	return fleet.Trend{Step: trendStep, End: Now(), V: slices.Clone(v.([]float64))}
}

func alerts() []fleet.Alert {
	return []fleet.Alert{
		{Level: fleet.LevelCrit, Object: fleet.Text("b200-a"), Subject: fleet.Subject{Pool: "b200-a"},
			Route: "chat-default",
			Text:  fleet.Text("err 6.2% > 2.0%"), Detail: fleet.Text("node b200-a-07 Xid 119 x8"),
			Runbook: fleet.Text("gpu-loss"),
			Since:   ago(4 * time.Minute)},
		{Level: fleet.LevelWarn, Object: fleet.Text("b200-a"), Subject: fleet.Subject{Pool: "b200-a"},
			Route: "chat-default",
			Text:  fleet.Text("ttft95 2.1s > 1.5s"), Detail: fleet.Text("queue 188, KV 97%"),
			Runbook: fleet.Text("kv-full"),
			Since:   ago(9 * time.Minute)},
		{Level: fleet.LevelStale, Object: fleet.Text("openai-probe"), Subject: fleet.Subject{Provider: "openai"},
			Text: fleet.Text("no answer for 12m"), Detail: fleet.Text("HTTP 429, last good 13:55Z"),
			Since: ago(12 * time.Minute)},
	}
}

func events() []fleet.Event {
	at := func(h, m, s int) time.Time { return time.Date(2026, 11, 22, h, m, s, 0, time.UTC) }
	return []fleet.Event{
		{At: at(14, 5, 10), Level: fleet.LevelWarn, Object: fleet.Text("gw-3"),
			Text: fleet.Text("read-back differs: 70/20/10, expected 60/30/10")},
		{At: at(14, 3, 41), Level: fleet.LevelCrit, Object: fleet.Text("b200-a-07"),
			Text: fleet.Text("Xid 119 on 8 GPUs: GSP RPC timeout")},
		{At: at(14, 2, 58), Level: fleet.LevelWarn, Object: fleet.Text("b200-a"),
			Text: fleet.Text("KV cache above 95% on 5 of 7 replicas")},
		{At: at(13, 58, 12), Level: fleet.LevelInfo, Object: fleet.Text("mara"),
			Text: fleet.Text("took incident INC-4821")},
		{At: at(13, 55, 3), Level: fleet.LevelStale, Object: fleet.Text("openai-probe"),
			Text: fleet.Text("HTTP 429, backing off")},
		{At: at(13, 41, 0), Level: fleet.LevelInfo, Object: fleet.Text("batch"),
			Text: fleet.Text("weights h100-b 90 to 100 done"), Change: "c-118"},
	}
}

func sources() []fleet.SourceStatus {
	good := func(id fleet.SourceID, kind string, url fleet.Safe, sub fleet.Subject,
		version fleet.Safe) fleet.SourceStatus {
		return fleet.SourceStatus{ID: id, Kind: kind, URL: url, Subject: sub, Interval: 5 * time.Second, Reads: 8120,
			LastTry: ago(3 * time.Second), LastGood: ago(3 * time.Second), NextTry: Now().Add(2 * time.Second),
			Took: 18 * time.Millisecond, Version: version, Skew: fleet.Some(120 * time.Millisecond)}
	}
	probe := good("openai-probe", "openai", fleet.Text("https://api.openai.com/v1"),
		fleet.Subject{Provider: "openai"}, fleet.Safe{})
	probe.Interval, probe.Stale, probe.LastGood, probe.NextTry = time.Minute, true, ago(12*time.Minute),
		Now().Add(41*time.Second)
	probe.Failures, probe.Failing, probe.ErrKind = 9, 9, fleet.KindRateLimited
	probe.Err = fleet.Text("openai-probe answered HTTP 429: asked too often; last values stay, next try in 41s")
	open := good("b200-a-01", "vllm", fleet.Text("http://10.1.0.1:8000/metrics"), fleet.Subject{Pool: "b200-a",
		Replica: "b200-a-r1"}, fleet.Text("0.24.0"))
	open.Insecure, open.Skew = true, fleet.Some(-61*time.Minute)
	return []fleet.SourceStatus{
		open,
		good("b200-a-dcgm", "dcgm", fleet.Text("http://10.1.0.1:9400/metrics"), fleet.Subject{Node: "b200-a-01"},
			fleet.Text("4.5.2")),
		good("gw-1", "litellm", fleet.Text("https://10.0.0.11:4000"), fleet.Subject{Gateway: "edge",
			GatewayReplica: "gw-1"}, fleet.Text("1.83.0")),
		good("gw-2", "litellm", fleet.Text("https://10.0.0.12:4000"), fleet.Subject{Gateway: "edge",
			GatewayReplica: "gw-2"}, fleet.Text("1.83.0")),
		good("gw-3", "litellm", fleet.Text("https://10.0.0.13:4000"), fleet.Subject{Gateway: "edge",
			GatewayReplica: "gw-3"}, fleet.Text("1.82.6")),
		probe,
	}
}

func spend() fleet.Spend {
	return fleet.Spend{
		Metered: fleet.Some(fleet.USDPerHour(36)), Capacity: fleet.Some(fleet.USDPerHour(376)),
		Burn:  fleet.Some(fleet.USDPerHour(412)),
		Today: fleet.Some(Dollars("5800.40")), Budget: fleet.Budget{PerDay: fleet.Some(Dollars("9100"))},
		Forecast: fleet.Some(Dollars("9870")), PricesAsOf: ago(20 * 24 * time.Hour),
	}
}

// Dollars is an amount of a fixture.
func Dollars(s string) fleet.Money {
	m, err := fleet.ParseMoney(s, fleet.USD)
	if err != nil {
		panic(err) // a typing error in a fixture
	}
	return m
}
