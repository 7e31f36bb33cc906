package tco

import "pitwall/fleet"

// index is the place of an input in the table.
type index int

const (
	volume index = iota
	growth
	peak
	inputShare
	cachedShare
	batchShare
	qualityGap
	changes

	priceIn
	priceCached
	priceOut
	discount
	batchDiscount
	apiDecline
	apiPeople
	apiYear

	throughput
	prefill
	decode
	cacheGain
	derate
	busy
	spares
	leastInstances
	instanceGPUs
	autoscale
	burst

	source
	demandHour
	reservedHour
	spotHour
	rentalDecline
	term
	spotExtra

	capex
	residual
	life
	support
	serverGPUs
	serverKW
	pue
	kwh
	colo
	coloKW

	people
	personYear
	fixedMonth

	networkShare
	watchShare
	watchYear
	incidents
	incidentHours
	incidentPeople
	incidentRate
	lostHour
	exposed
	upgrades
	upgradeDays
	engineerDay
	parallelDays
	evalCost

	count
)

// The choices of where GPUs are from.
const (
	OnDemand = iota
	Reserved
	Spot
	Owned
)

// GPUSources are their words.
var gpuSources = []string{"on-demand", "reserved", "spot", "owned"}

var offOn = []string{"off", "on"}

// Bases that several inputs share.
var (
	siteInput = fleet.Text("assumption; enter your own")
	example8  = fleet.Text("example of an 8 x H100 server; enter your own")
	trackers  = fleet.Text("market trackers of 2026: reserved 30 to 50% below on demand")
)

// table is every input. Low and High are the ranges that are plausible where nothing is known of a site.
var table = [count]Input{
	volume: {Key: "volume", Label: fleet.Text("tokens a day, in and out"), Unit: MTokDay, Group: GroupTraffic, Min: 0.001, Max: mostVolume,
		Default: 100, Basis: siteInput, Low: 0.5, High: 2, Scaled: true},
	growth: {Key: "growth", Label: fleet.Text("growth of the volume"), Unit: PercentYear, Group: GroupTraffic, Min: -90, Max: 1000,
		Default: 0, Basis: siteInput, Low: 0, High: 100},
	peak: {Key: "peak", Firm: true, Label: fleet.Text("peak over the mean rate"), Unit: Times, Group: GroupTraffic, Min: 1, Max: 100,
		Default: 2.5, Basis: fleet.Text("office hours alone give 2.4"), Low: 1.5, High: 4},
	inputShare: {Key: "input_share", Firm: true, Label: fleet.Text("input of all tokens"), Unit: Percent, Group: GroupTraffic, Min: 0,
		Max:     100,
		Default: 50, Basis: siteInput, Low: 30, High: 89},
	cachedShare: {Key: "cached_share", Firm: true, Label: fleet.Text("cached of the input"), Unit: Percent, Group: GroupTraffic, Min: 0,
		Max:     100,
		Default: 0, Basis: siteInput, Low: 0, High: 60},
	batchShare: {Key: "batch_share", Label: fleet.Text("work that can wait hours"), Unit: Percent, Group: GroupTraffic, Min: 0, Max: 100,
		Default: 0, Basis: siteInput, Low: 0, High: 50},
	qualityGap: {Key: "quality_gap", Label: fleet.Text("own answers that the API must give again"), Unit: Percent, Group: GroupTraffic,
		Min: 0, Max: 100, Default: 0, Basis: fleet.Text("none assumed; measure it with evals"), Low: 0, High: 20},
	changes: {Key: "changes", Label: fleet.Text("growth and prices move"), Unit: Choice, Group: GroupTraffic, Max: 1,
		Choices: []string{"monthly", "yearly"}, Basis: fleet.Text("smooth over the year")},

	priceIn: {Key: "price_in", Label: fleet.Text("input"), Unit: USDMTok, Group: GroupAPI, Min: 0, Max: 1000,
		Default: 2.5, Basis: fleet.Text("GPT-4o"), Low: 0.5, High: 2, Scaled: true},
	priceCached: {Key: "price_cached", Label: fleet.Text("cached input"), Unit: USDMTok, Group: GroupAPI, Min: 0, Max: 1000,
		Default: 1.25, Basis: fleet.Text("GPT-4o"), Low: 0.5, High: 2, Scaled: true},
	priceOut: {Key: "price_out", Label: fleet.Text("output"), Unit: USDMTok, Group: GroupAPI, Min: 0, Max: 5000,
		Default: 10, Basis: fleet.Text("GPT-4o"), Low: 0.5, High: 2, Scaled: true},
	discount: {Key: "discount", Label: fleet.Text("contract discount"), Unit: Percent, Group: GroupAPI, Min: 0, Max: 100,
		Default: 0, Basis: fleet.Text("list price"), Low: 0, High: 30},
	batchDiscount: {Key: "batch_discount", Label: fleet.Text("discount of batch work"), Unit: Percent, Group: GroupAPI, Min: 0, Max: 100,
		Default: 50, Basis: fleet.Text("price lists of OpenAI, Anthropic, Google, Azure"), Low: 0, High: 50},
	apiDecline: {Key: "api_decline", Label: fleet.Text("API prices fall"), Unit: PercentYear, Group: GroupAPI, Min: -100, Max: 99,
		Default: 30, Basis: fleet.Text("a base case: at equal quality prices fell faster, flagship list prices far less"), Low: 0, High: 60},
	apiPeople: {Key: "api_people", Label: fleet.Text("engineers for the API"), Unit: Number, Group: GroupAPI, Min: 0, Max: 1000,
		Default: 0.5, Basis: fleet.Text("gateway, vendor, evals"), Low: 0, High: 1},
	apiYear: {Key: "api_year", Label: fleet.Text("other cost of the API side"), Unit: USDYear, Group: GroupAPI, Min: 0, Max: 1e9,
		Default: 6000, Basis: siteInput, Low: 0, High: 2, Scaled: true},

	throughput: {Key: "throughput", Firm: true, Label: fleet.Text("most tokens/s of an instance, in and out"), Unit: TokSecond,
		Group: GroupServing,
		Min:   1, Max: 1e7, Default: 8836, Low: 0.5, High: 1.3, Scaled: true,
		Basis: fleet.Text("2 x H100 FP8, Llama 3.3 70B, 1,000 in 1,000 out: NVIDIA's TensorRT-LLM page")},
	prefill: {Key: "prefill", Firm: true, Label: fleet.Text("most input tokens/s of an instance; with it throughput follows the mix"),
		Unit:  TokSecond,
		Group: GroupServing, Min: 0, Max: 1e7, Default: 0, Basis: fleet.Text("not known: throughput is taken"), Low: 0.5, High: 1.3,
		Scaled: true},
	decode: {Key: "decode", Firm: true, Label: fleet.Text("most output tokens/s of an instance; with it throughput follows the mix"),
		Unit:  TokSecond,
		Group: GroupServing, Min: 0, Max: 1e7, Default: 0, Basis: fleet.Text("not known: throughput is taken"), Low: 0.5, High: 1.3,
		Scaled: true},
	cacheGain: {Key: "cache_gain", Firm: true, Label: fleet.Text("work that cached input spares own GPUs"), Unit: Percent, Group: GroupServing,
		Min: 0, Max: 100, Default: 100, Basis: fleet.Text("a cached token is not computed; it counts on both sides"), Low: 0, High: 100},
	derate: {Key: "slo_derate", Firm: true, Label: fleet.Text("of it within the latency objective"), Unit: Percent, Group: GroupServing,
		Min: 1, Max: 100,
		Default: 50, Basis: fleet.Text("Oracle's benchmark: 55% at a tight objective, 81% at a relaxed one"), Low: 40, High: 80},
	busy: {Key: "utilisation", Label: fleet.Text("utilisation at the peak"), Unit: Percent, Group: GroupServing, Min: 1, Max: 100,
		Default: 80, Basis: siteInput, Low: 60, High: 90},
	spares: {Key: "spares", Label: fleet.Text("spare instances"), Unit: Number, Group: GroupServing, Min: 0, Max: 1000, Whole: true,
		Default: 1, Basis: fleet.Text("N+1"), Low: 0, High: 2},
	leastInstances: {Key: "least_instances", Label: fleet.Text("least instances"), Unit: Number, Group: GroupServing, Min: 1, Max: 1000,
		Whole: true, Default: 2, Basis: fleet.Text("one may fail"), Low: 1, High: 3},
	instanceGPUs: {Key: "instance_gpus", Label: fleet.Text("GPUs of an instance"), Unit: Number, Group: GroupServing, Min: 1, Max: 1024,
		Whole: true, Default: 2, Basis: fleet.Text("70B in FP8"), Low: 1, High: 1, Scaled: true},
	autoscale: {Key: "autoscale", Label: fleet.Text("scale by the hour, where rented by the hour"), Unit: Choice, Group: GroupServing,
		Max: 1, Choices: offOn, Basis: fleet.Text("as many as the peak needs, always"), Low: 0, High: 1},
	burst: {Key: "burst", Label: fleet.Text("peak within the hour, of scaled instances"), Unit: Times, Group: GroupServing, Min: 1, Max: 100,
		Default: 1.3, Basis: fleet.Text("1.2 to 1.4"), Low: 1.2, High: 1.6},

	source: {Key: "gpu_source", Label: fleet.Text("GPUs are"), Unit: Choice, Group: GroupGPU, Max: Owned, Choices: gpuSources,
		Basis: siteInput, Low: OnDemand, High: Owned},
	demandHour: {Key: "gpu_hour", Label: fleet.Text("on demand"), Unit: USDGPUHour, Group: GroupGPU, Min: 0, Max: 1000,
		Default: 4, Basis: fleet.Text("H100 at specialist clouds in 2026"), Low: 0.5, High: 1.75, Scaled: true},
	reservedHour: {Key: "gpu_hour_reserved", Label: fleet.Text("reserved"), Unit: USDGPUHour, Group: GroupGPU, Min: 0, Max: 1000,
		Default: 2.4, Basis: trackers, Low: 0.8, High: 1.25, Scaled: true},
	spotHour: {Key: "gpu_hour_spot", Label: fleet.Text("spot"), Unit: USDGPUHour, Group: GroupGPU, Min: 0, Max: 1000,
		Default: 2, Basis: siteInput, Low: 0.7, High: 1.5, Scaled: true},
	rentalDecline: {Key: "rental_decline", Label: fleet.Text("rental prices fall"), Unit: PercentYear, Group: GroupGPU, Min: -100, Max: 99,
		Default: 15, Basis: fleet.Text("assumption; they also rose: an index of 1.70 in 2025-10 stood at 2.35 in 2026-03"), Low: -15, High: 30},
	term: {Key: "commitment", Label: fleet.Text("a reservation holds its price for"), Unit: Months, Group: GroupGPU, Min: 1, Max: 60,
		Whole: true, Default: 12, Basis: siteInput, Low: 12, High: 36},
	spotExtra: {Key: "spot_extra", Label: fleet.Text("further instances for interruptions of spot"), Unit: Percent, Group: GroupGPU, Min: 0,
		Max: 500, Default: 20, Basis: siteInput, Low: 10, High: 50},

	capex: {Key: "capex", Label: fleet.Text("price of a server"), Unit: USD, Group: GroupOwned, Min: 0, Max: 1e8,
		Default: 300_000, Basis: example8, Low: 0.8, High: 2.78, Scaled: true},
	residual: {Key: "residual", Label: fleet.Text("worth at the end of its life"), Unit: Percent, Group: GroupOwned, Min: 0, Max: 100,
		Default: 10, Basis: example8, Low: 0, High: 25},
	life: {Key: "life", Label: fleet.Text("life"), Unit: Years, Group: GroupOwned, Min: 1, Max: 20,
		Default: 4, Basis: example8, Low: 3, High: 6},
	support: {Key: "support", Label: fleet.Text("support, of the price"), Unit: PercentYear, Group: GroupOwned, Min: 0, Max: 100,
		Default: 8, Basis: example8, Low: 4, High: 12},
	serverGPUs: {Key: "server_gpus", Label: fleet.Text("GPUs of a server"), Unit: Number, Group: GroupOwned, Min: 1, Max: 1024, Whole: true,
		Default: 8, Basis: example8, Low: 1, High: 1, Scaled: true},
	serverKW: {Key: "server_kw", Label: fleet.Text("mean power of a server"), Unit: KW, Group: GroupOwned, Min: 0, Max: 1000,
		Default: 8, Basis: example8, Low: 0.75, High: 1.25, Scaled: true},
	pue: {Key: "pue", Label: fleet.Text("power usage effectiveness"), Unit: Times, Group: GroupOwned, Min: 1, Max: 5,
		Default: 1.5, Basis: fleet.Text("Uptime Institute: near 1.55; hyperscale 1.1 to 1.2"), Low: 1.15, High: 1.6},
	kwh: {Key: "kwh", Label: fleet.Text("electricity"), Unit: USDKWh, Group: GroupOwned, Min: 0, Max: 10,
		Default: 0.12, Basis: siteInput, Low: 0.07, High: 0.3},
	colo: {Key: "colo", Label: fleet.Text("space and cooling"), Unit: USDKWMonth, Group: GroupOwned, Min: 0, Max: 10_000,
		Default: 150, Basis: example8, Low: 0.67, High: 1.33, Scaled: true},
	coloKW: {Key: "colo_kw", Label: fleet.Text("rated power of a server"), Unit: KW, Group: GroupOwned, Min: 0, Max: 1000,
		Default: 10.2, Basis: example8, Low: 1, High: 1, Scaled: true},

	people: {Key: "people", Label: fleet.Text("engineers for own GPUs"), Unit: Number, Group: GroupPeople, Min: 0, Max: 1000,
		Default: 2, Basis: fleet.Text("lean 0.5, standard 2, round the clock and regulated 4"), Low: 0.5, High: 4},
	personYear: {Key: "person_year", Label: fleet.Text("an engineer, with all that is paid for one"), Unit: USDYear, Group: GroupPeople,
		Min: 0, Max: 1e7, Default: 257_000, Low: 0.6, High: 1.4, Scaled: true,
		Basis: fleet.Text("$180k over 0.70, the part that wages are of compensation (US BLS)")},
	fixedMonth: {Key: "fixed_month", Label: fleet.Text("other cost of own GPUs"), Unit: USDMonth, Group: GroupPeople, Min: 0, Max: 1e9,
		Default: 0, Basis: siteInput, Low: 1, High: 1, Scaled: true},

	networkShare: {Key: "network", Label: fleet.Text("network, storage, egress, gateway, of GPUs"), Unit: Percent, Group: GroupOperation,
		Min: 0, Max: 100, Default: 8, Basis: siteInput, Low: 0, High: 15},
	watchShare: {Key: "observability", Label: fleet.Text("observability, of GPUs"), Unit: Percent, Group: GroupOperation, Min: 0, Max: 100,
		Default: 3, Basis: siteInput, Low: 1, High: 6},
	watchYear: {Key: "observability_year", Label: fleet.Text("observability, fixed"), Unit: USDYear, Group: GroupOperation, Min: 0, Max: 1e9,
		Default: 6000, Basis: siteInput, Low: 0.5, High: 2, Scaled: true},
	incidents: {Key: "incidents", Label: fleet.Text("incidents"), Unit: PerYear, Group: GroupOperation, Min: 0, Max: 10_000,
		Default: 12, Basis: fleet.Text("assumption; take your own incident log"), Low: 4, High: 24},
	incidentHours: {Key: "incident_hours", Label: fleet.Text("length of an incident"), Unit: Hours, Group: GroupOperation, Min: 0, Max: 1000,
		Default: 4, Basis: siteInput, Low: 0.5, High: 2, Scaled: true},
	incidentPeople: {Key: "incident_people", Label: fleet.Text("people in an incident"), Unit: Number, Group: GroupOperation, Min: 0,
		Max:     1000,
		Default: 3, Basis: siteInput, Low: 0.5, High: 2, Scaled: true},
	incidentRate: {Key: "incident_rate", Label: fleet.Text("an hour of them"), Unit: USDHour, Group: GroupOperation, Min: 0, Max: 10_000,
		Default: 125, Basis: fleet.Text("an engineer's year over 2,056 hours"), Low: 0.6, High: 1.4, Scaled: true},
	lostHour: {Key: "lost_hour", Label: fleet.Text("revenue that an hour of outage loses"), Unit: USDHour, Group: GroupOperation, Min: 0,
		Max: 1e9, Default: 0, Basis: fleet.Text("not known; none counted"), Low: 0.5, High: 2, Scaled: true},
	exposed: {Key: "exposed", Label: fleet.Text("traffic that is not failed over"), Unit: Percent, Group: GroupOperation, Min: 0, Max: 100,
		Default: 100, Basis: siteInput, Low: 10, High: 100},
	upgrades: {Key: "upgrades", Label: fleet.Text("model upgrades"), Unit: PerYear, Group: GroupOperation, Min: 0, Max: 365,
		Default: 3, Basis: siteInput, Low: 1, High: 6},
	upgradeDays: {Key: "upgrade_days", Label: fleet.Text("engineer-days of an upgrade"), Unit: Days, Group: GroupOperation, Min: 0, Max: 1000,
		Default: 15, Basis: siteInput, Low: 5, High: 30},
	engineerDay: {Key: "engineer_day", Label: fleet.Text("an engineer-day"), Unit: USDDay, Group: GroupOperation, Min: 0, Max: 100_000,
		Default: 1000, Basis: fleet.Text("an engineer's year over 257 days"), Low: 0.6, High: 1.4, Scaled: true},
	parallelDays: {Key: "parallel_days", Label: fleet.Text("both versions run"), Unit: Days, Group: GroupOperation, Min: 0, Max: 365,
		Default: 10, Basis: siteInput, Low: 2, High: 20},
	evalCost: {Key: "eval_cost", Label: fleet.Text("evals of an upgrade"), Unit: USD, Group: GroupOperation, Min: 0, Max: 1e8,
		Default: 0, Basis: fleet.Text("not known; none counted"), Low: 0.5, High: 2, Scaled: true},
}
