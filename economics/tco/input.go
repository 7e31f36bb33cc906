package tco

import (
	"time"

	"pitwall/fleet"
)

// Key names an input. Flags, workload files, exports and screens use the same word.
type Key string

// Unit says what an input's number means. Percentages are entered as such: 50 is a half.
type Unit string

// The units.
const (
	Percent       Unit = "%"
	PercentYear   Unit = "%/year"
	MTokDay       Unit = "M tokens/day"
	TokSecond     Unit = "tokens/s"
	USDMTok       Unit = "$/1M tokens"
	USDHour       Unit = "$/h"
	USDGPUHour    Unit = "$/GPU-hour"
	USDYear       Unit = "$/year"
	USDMonth      Unit = "$/month"
	USD           Unit = "$"
	USDDay        Unit = "$/day"
	USDKWh        Unit = "$/kWh"
	USDKWMonth    Unit = "$/kW-month"
	Times         Unit = "x"
	Number        Unit = "number"
	PerYear       Unit = "per year"
	Hours         Unit = "hours"
	Days          Unit = "days"
	Months        Unit = "months"
	Years         Unit = "years"
	KW            Unit = "kW"
	Choice        Unit = "choice"
	percentDigits      = 100
)

// Group is what an input is about, for sections of a form.
type Group string

// The groups, in the order of a form.
const (
	GroupTraffic   Group = "traffic"
	GroupAPI       Group = "API"
	GroupServing   Group = "serving"
	GroupGPU       Group = "GPUs"
	GroupOwned     Group = "owned servers"
	GroupPeople    Group = "people"
	GroupOperation Group = "operation"
)

// Input is one entry of the table that all forms, flags and files are made from.
type Input struct {
	Key      Key
	Label    fleet.Safe
	Unit     Unit
	Group    Group
	Min, Max float64
	Default  float64
	Basis    fleet.Safe // where the default is from
	Low      float64    // ends of the range that the sensitivity tries; with Scaled multiples of the value
	High     float64
	Scaled   bool
	Firm     bool     // once it is measured or configured it is a fact, and is tried at a tenth less and more
	Choices  []string // of a Choice: the words of 0, 1, ...
	Whole    bool     // only whole numbers
}

// isPercent tells that the arithmetic uses a hundredth of the number.
func (i *Input) isPercent() bool { return i.Unit == Percent || i.Unit == PercentYear }

// Origin says how much a number can be trusted.
type Origin string

// The origins.
const (
	Measured   Origin = "measured here"
	PriceTable Origin = "price table"
	Configured Origin = "configured"
	Assumption Origin = "assumption"
	Edited     Origin = "edited"
)

// Value is an input's number with where it is from.
type Value struct {
	V      float64
	Origin Origin
	From   fleet.Safe // the pool, the table, the file, the study
	AsOf   time.Time  // zero where it has no date
}

// Inputs lists the table in the order of a form.
func Inputs() []Input { return append([]Input(nil), table[:]...) }

// Find gives the input of a key.
func Find(key Key) (Input, bool) {
	i, ok := byKey[key]
	if !ok {
		return Input{}, false
	}
	return table[i], true
}

var byKey = func() map[Key]index {
	m := make(map[Key]index, count)
	for i := range table {
		m[table[i].Key] = index(i)
	}
	return m
}()
