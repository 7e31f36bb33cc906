package economics

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"pitwall/fleet"
)

const oneDay = 24 * time.Hour

type factorKey struct {
	provider fleet.ProviderID
	model    fleet.ModelName
	tier     string
}

func (k factorKey) compare(o factorKey) int {
	return cmp.Or(cmp.Compare(k.provider, o.provider), cmp.Compare(k.model, o.model), cmp.Compare(k.tier, o.tier))
}

// factorDay is the factor of one closed day.
type factorDay struct {
	day     time.Time
	factor  float64
	against fleet.Stream
}

// Factors gathers the factors of each model and tier, and of each provider as a whole under no model: a bill that names no
// models, or other ones, still tells how far all of the meter is from it. Days are the newest first.
func Factors(days []fleet.CostDay) []fleet.Factor {
	found := map[factorKey][]factorDay{}
	for i := range days {
		if d := &days[i]; d.Factor.OK && d.Model != "" {
			key := factorKey{d.Provider, d.Model, d.Tier}
			found[key] = append(found[key], factorDay{d.Day, d.Factor.V, d.Against})
		}
	}
	eachWholeDay(days, func(whole *fleet.CostDay) {
		if estimate(whole); whole.Factor.OK {
			key := factorKey{provider: whole.Provider}
			found[key] = append(found[key], factorDay{whole.Day, whole.Factor.V, whole.Against})
		}
	})
	out := make([]fleet.Factor, 0, len(found))
	for _, key := range slices.SortedFunc(maps.Keys(found), factorKey.compare) {
		out = append(out, factor(key, found[key]))
	}
	return out
}

// factor is the median of the last closed days, each clipped: one odd day does not move it.
func factor(key factorKey, days []factorDay) fleet.Factor {
	f := fleet.Factor{Provider: key.provider, Model: key.model, Tier: key.tier, Days: min(len(days), fleet.FactorDays),
		Last: fleet.Some(days[0].factor), LastDay: days[0].day, Against: days[0].against}
	clipped := make([]float64, f.Days)
	for i := range clipped {
		clipped[i] = min(max(days[i].factor, fleet.FactorLeast), fleet.FactorMost)
	}
	slices.Sort(clipped)
	mid := len(clipped) / 2
	rho := clipped[mid]
	if len(clipped)%2 == 0 {
		rho = (clipped[mid-1] + clipped[mid]) / 2
	}
	f.Rho, f.Off = fleet.Some(rho), math.Abs(rho-1) > fleet.FactorAlarm+1e-9
	f.Low, f.High = clipped[0], clipped[len(clipped)-1]
	oldest := days[len(days)-1].day
	f.History = fleet.Trend{Step: oneDay, End: f.LastDay, V: make([]float64, int(f.LastDay.Sub(oldest)/oneDay)+1)}
	for i := range f.History.V {
		f.History.V[i] = math.NaN()
	}
	for _, d := range days {
		f.History.V[int(d.day.Sub(oldest)/oneDay)] = d.factor
	}
	return f
}

// wholeDay puts the rows of one provider on one day together. What a stream does not know of one model it does not know of
// the whole.
func wholeDay(rows []fleet.CostDay) fleet.CostDay {
	out := fleet.CostDay{Provider: rows[0].Provider, Day: rows[0].Day, Closed: rows[0].Closed}
	for _, of := range []func(*fleet.CostDay) *fleet.StreamSum{
		func(d *fleet.CostDay) *fleet.StreamSum { return &d.Metered },
		func(d *fleet.CostDay) *fleet.StreamSum { return &d.Reported },
		func(d *fleet.CostDay) *fleet.StreamSum { return &d.Billed },
	} {
		to := of(&out)
		var costs amounts
		to.Whole = true
		for i := range rows {
			s := of(&rows[i])
			if !s.Told {
				continue
			}
			to.Told = true
			to.Whole = to.Whole && s.Whole
			if to.Converted.IsEmpty() {
				to.Converted = s.Converted
			}
			if to.Missing.IsEmpty() {
				to.Missing = s.Missing
			}
			if s.Cost.OK && !s.Cost.V.Amount().IsZero() {
				costs.add(s.Cost.V)
			}
			for _, o := range s.Others {
				costs.add(o)
			}
		}
		if len(costs) > 0 {
			cost, others := costs.parted()
			to.Cost, to.Others = fleet.Some(cost), others
		}
		if len(to.Others) > 0 && to.Missing.IsEmpty() {
			to.Missing = fleet.Text("in several currencies")
		}
	}
	return out
}

// Rho is the factor to calibrate a model's meter by: its own, else that of its provider as a whole.
func Rho(factors []fleet.Factor, provider fleet.ProviderID, model fleet.ModelName, tier string) (fleet.Factor, bool) {
	for _, key := range []factorKey{{provider, model, tier}, {provider, "", ""}} {
		i, ok := slices.BinarySearchFunc(factors, key, func(f fleet.Factor, k factorKey) int {
			return factorKey{f.Provider, f.Model, f.Tier}.compare(k)
		})
		if ok && factors[i].Rho.OK {
			return factors[i], true
		}
	}
	return fleet.Factor{}, false
}
