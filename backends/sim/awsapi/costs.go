package awsapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
)

// How late Cost Explorer is: it takes its data over three times a day, each time some hours old, and the last hour of a day is added
// two days later. A month's days are estimates until its invoice.
const (
	refreshed  = 8 * time.Hour
	costLag    = 8 * time.Hour
	revised    = 50 * time.Hour
	invoiceDay = 4
	// pageGroups is how many groups one page has.
	pageGroups = 40
	dayWidth   = 24 * time.Hour
)

// callPrice is what a page costs.
var callPrice = decimal.New(1, -2)

// costRow is what one record of the bill says.
type costRow struct {
	day                    time.Time
	service, usage, record string
	cost, amount           decimal.Decimal
	unit                   string
}

func (c *costRow) value(dimension string) (string, bool) {
	switch dimension {
	case "SERVICE":
		return c.service, true
	case "USAGE_TYPE":
		return c.usage, true
	case "RECORD_TYPE":
		return c.record, true
	case "REGION":
		return region, true
	}
	return "", false
}

// costAsk is a request of GetCostAndUsage.
type costAsk struct {
	TimePeriod struct{ Start, End string }

	Granularity   string
	Metrics       []string
	Filter        *expression
	GroupBy       []struct{ Type, Key string }
	NextPageToken string
}

// expression is a filter.
type expression struct {
	And, Or    []expression
	Not        *expression
	Dimensions *struct {
		Key    string
		Values []string
	}
}

func (e *expression) holds(c *costRow) bool {
	switch {
	case e == nil:
		return true
	case e.Not != nil:
		return !e.Not.holds(c)
	case e.Dimensions != nil:
		v, _ := c.value(e.Dimensions.Key)
		return slices.Contains(e.Dimensions.Values, v)
	case len(e.Or) > 0:
		return slices.ContainsFunc(e.Or, func(x expression) bool { return x.holds(c) })
	}
	return !slices.ContainsFunc(e.And, func(x expression) bool { return !x.holds(c) })
}

func (e *expression) valid() bool {
	if e == nil {
		return true
	}
	n := 0
	for _, set := range []bool{len(e.And) > 0, len(e.Or) > 0, e.Not != nil, e.Dimensions != nil} {
		if set {
			n++
		}
	}
	bad := func(x expression) bool { return !x.valid() }
	if n != 1 || slices.ContainsFunc(e.And, bad) || slices.ContainsFunc(e.Or, bad) || !e.Not.valid() {
		return false
	}
	if e.Dimensions == nil {
		return true
	}
	_, known := (&costRow{}).value(e.Dimensions.Key)
	return known && len(e.Dimensions.Values) > 0
}

// metricNames are what may be asked for.
var metricNames = []string{"UnblendedCost", "BlendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost", "UsageQuantity"}

// span checks a request and gives its days.
func (a *costAsk) span() (from, to time.Time, bad *fault) {
	from, err1 := time.Parse(time.DateOnly, a.TimePeriod.Start)
	to, err2 := time.Parse(time.DateOnly, a.TimePeriod.End)
	switch {
	case err1 != nil || err2 != nil:
		return from, to, invalid("Start time and end time should be in the format yyyy-MM-dd")
	case !from.Before(to):
		return from, to, invalid("Start date (and hour) should be before end date (and hour)")
	case a.Granularity != "DAILY":
		return from, to, invalid("this account has no data of granularity %s", a.Granularity)
	case len(a.Metrics) == 0 || len(a.GroupBy) > 2 || !a.Filter.valid():
		return from, to, invalid("Metrics are required, GroupBy has two members at most, and a filter one root")
	}
	for _, g := range a.GroupBy {
		if _, known := (&costRow{}).value(g.Key); !known || g.Type != "DIMENSION" {
			return from, to, invalid("Group Definition dimension is invalid")
		}
	}
	for _, m := range a.Metrics {
		if !slices.Contains(metricNames, m) {
			return from, to, invalid("metric is invalid")
		}
	}
	return from, to, nil
}

// object is JSON.
type object = map[string]any

// costAndUsage answers a page, and charges for it.
func (s *Server) costAndUsage(body *json.Decoder) (any, *fault) {
	var ask costAsk
	if body.Decode(&ask) != nil {
		return nil, &fault{400, "SerializationException", "the body is no JSON"}
	}
	from, to, bad := ask.span()
	if bad != nil {
		return nil, bad
	}
	first, bad := offset(ask.NextPageToken)
	if bad != nil {
		return nil, bad
	}
	s.spend(callPrice)
	groups := s.groups(&ask, from, to)
	answer := object{"GroupDefinitions": ask.GroupBy, "DimensionValueAttributes": []object{}}
	last := min(first+pageGroups, len(groups))
	if last < len(groups) {
		answer["NextPageToken"] = token(last)
	}
	answer["ResultsByTime"] = s.results(&ask, from, to, groups[min(first, last):last], last == len(groups))
	return answer, nil
}

// results are the days of a page: those of its groups, and on the last page the days without any.
func (s *Server) results(ask *costAsk, from, to time.Time, groups []group, whole bool) []object {
	list := []object{}
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		of := []object{}
		for _, g := range groups {
			if g.day.Equal(day) {
				of = append(of, g.object(ask.Metrics))
			}
		}
		behind := len(groups) == 0 || day.After(groups[len(groups)-1].day)
		if len(of) == 0 && (behind && !whole || !behind && day.Before(groups[0].day)) {
			continue
		}
		list = append(list, object{"TimePeriod": object{"Start": day.Format(time.DateOnly), "End": day.AddDate(0, 0, 1).Format(time.DateOnly)},
			"Total": object{}, "Groups": of, "Estimated": s.open(day)})
	}
	return list
}

// open tells whether the month of a day has no invoice yet.
func (s *Server) open(day time.Time) bool {
	invoiced := time.Date(day.Year(), day.Month()+1, invoiceDay, 0, 0, 0, 0, time.UTC)
	return s.truth.Clock.Now().Before(invoiced)
}

type group struct {
	costRow

	keys []string
}

func (g *group) object(metrics []string) object {
	m := object{}
	for _, name := range metrics {
		if name == "UsageQuantity" {
			m[name] = object{"Amount": g.amount.StringFixed(10), "Unit": g.unit}
		} else {
			m[name] = object{"Amount": g.cost.StringFixed(10), "Unit": "USD"}
		}
	}
	return object{"Keys": g.keys, "Metrics": m}
}

// groups sums the rows that a request is about.
func (s *Server) groups(ask *costAsk, from, to time.Time) []group {
	var list []group
	at := map[string]int{}
	rows := s.costRows(from, to)
	for i := range rows {
		c := &rows[i]
		if !ask.Filter.holds(c) {
			continue
		}
		var keys []string
		for _, by := range ask.GroupBy {
			v, _ := c.value(by.Key)
			keys = append(keys, v)
		}
		id := c.day.Format(time.DateOnly) + "\n" + strings.Join(keys, "\n")
		k, known := at[id]
		if !known {
			at[id] = len(list)
			list = append(list, group{*c, keys})
			continue
		}
		list[k].cost, list[k].amount = list[k].cost.Add(c.cost), list[k].amount.Add(c.amount)
		if list[k].unit != c.unit {
			list[k].unit = "N/A"
		}
	}
	slices.SortStableFunc(list, func(a, b group) int { return cmp.Or(a.day.Compare(b.day), slices.Compare(a.keys, b.keys)) })
	return list
}

// costRows are the records of the account by now: its models, and the machines that it pays for.
func (s *Server) costRows(from, to time.Time) []costRow {
	known := account.Late(s.truth.Clock.Now(), refreshed, costLag, revised)
	var rows []costRow
	for _, x := range s.truth.Items(from, to, dayWidth, known) {
		if x.Kind == account.Requests {
			continue
		}
		rows = append(rows, s.modelRow(x))
	}
	n := decimal.NewFromInt(int64(len(s.truth.Machines)))
	for hour := from; hour.Before(to) && n.IsPositive(); hour = hour.Add(time.Hour) {
		if known(hour) {
			rows = append(rows, costRow{day: hour.Truncate(dayWidth), service: "Amazon Elastic Compute Cloud - Compute",
				usage: "BoxUsage:" + machineType, record: "Usage", cost: n.Mul(machinePrice), amount: n, unit: "Hrs"})
		}
	}
	return rows
}

// How types of usage are written of models of AWS's own bill, and of those that the Marketplace bills.
var (
	nativeUsage = map[account.Kind]string{account.Input: "input-tokens", account.CacheRead: "cache-read-input-token-count",
		account.CacheWrite: "cache-write-input-token-count", account.Output: "output-tokens"}
	marketplaceUsage = map[account.Kind]string{account.Input: "InputTokenCount", account.CacheRead: "CacheReadInputTokenCount",
		account.CacheWrite: "CacheWriteInputTokenCount", account.Output: "OutputTokenCount"}
)

// modelRow is how the bill writes what a model used. Those of Anthropic are products of the Marketplace, each a service of its own.
func (s *Server) modelRow(x account.Item) costRow {
	c := costRow{day: x.At, record: "Usage", cost: x.Cost, unit: "1K tokens", service: "Amazon Bedrock",
		amount: decimal.NewFromInt(x.N).Shift(-3)}
	tier := ""
	if x.Tier != "" {
		tier = "-" + x.Tier
	}
	if !strings.HasPrefix(x.Model, "claude") {
		c.usage = fmt.Sprintf("USE1-%s-%s%s", x.Model, nativeUsage[x.Kind], tier)
		return c
	}
	c.service = edition(x.Model) + " (Amazon Bedrock Edition)"
	c.usage = "USE1-MP:USE1_" + marketplaceUsage[x.Kind] + strings.ReplaceAll(tier, "-", "_") + "-Units"
	c.unit, c.amount = "Units", decimal.NewFromInt(x.N).Shift(-6)
	return c
}

// edition is how the Marketplace names a model: "claude-sonnet-4-5" is "Claude Sonnet 4.5".
func edition(model string) string {
	words := strings.Split(model, "-")
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	name := strings.Join(words, " ")
	for i := 1; i+2 < len(name); i++ {
		if name[i] >= '0' && name[i] <= '9' && name[i+1] == ' ' && name[i+2] >= '0' && name[i+2] <= '9' {
			name = name[:i+1] + "." + name[i+2:]
		}
	}
	return name
}
