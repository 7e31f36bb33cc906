package azureapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
)

// How late Cost Management is: it takes its data over every four hours, each time some hours old, and the last hour of a day is added
// two days later.
const (
	refreshed = 4 * time.Hour
	costLag   = 8 * time.Hour
	revised   = 50 * time.Hour
	dayWidth  = 24 * time.Hour
	// pageRows is how many rows a page has. The real one has 5,000, of which a small fleet would never see a second page.
	pageRows = 50
	// unitDays is how many days of data one unit of query is for.
	unitDays = 31
)

// costAsk is a query.
type costAsk struct {
	Type      string
	Timeframe string
	Period    *struct{ From, To time.Time } `json:"timePeriod"`
	Dataset   struct {
		Granularity string
		Aggregation map[string]struct{ Name, Function string }
		Grouping    []struct{ Type, Name string }
		Filter      *struct {
			Dimensions *struct {
				Name, Operator string
				Values         []string
			}
		}
	}
}

// costNames are what may be summed.
var costNames = []string{"PreTaxCost", "Cost", "CostUSD", "PreTaxCostUSD"}

// wrong says why a query is refused; "" for a good one.
func (a *costAsk) wrong() string {
	switch {
	case !slices.Contains([]string{"ActualCost", "AmortizedCost", "Usage"}, a.Type):
		return "Invalid query definition: type"
	case a.Timeframe != "Custom" || a.Period == nil || !a.Period.From.Before(a.Period.To):
		return "Invalid query definition: timePeriod is required for a Custom timeframe"
	case a.Period.To.Sub(a.Period.From) > 366*dayWidth:
		return "The time period for pulling the data cannot exceed 1 year"
	case a.Dataset.Granularity != "Daily" || len(a.Dataset.Aggregation) != 1:
		return "Invalid query definition: granularity or aggregation"
	case len(a.Dataset.Grouping) > 2:
		return "Invalid query definition: more than two groupings"
	}
	for _, x := range a.Dataset.Aggregation {
		if x.Function != "Sum" || !slices.Contains(costNames, x.Name) {
			return "Invalid query definition: aggregation"
		}
	}
	for _, g := range a.Dataset.Grouping {
		if _, known := (&costRow{}).value(g.Name); !known {
			return "Invalid query definition: " + g.Name + " is no dimension of this scope"
		}
	}
	return ""
}

func (a *costAsk) holds(c *costRow) bool {
	if a.Dataset.Filter == nil || a.Dataset.Filter.Dimensions == nil {
		return true
	}
	d := a.Dataset.Filter.Dimensions
	v, _ := c.value(d.Name)
	return slices.ContainsFunc(d.Values, func(x string) bool { return strings.EqualFold(x, v) })
}

// costRow is one row of the bill.
type costRow struct {
	day                  time.Time
	meter, kind, of, sub string
	cost                 decimal.Decimal
}

func (c *costRow) value(dimension string) (string, bool) {
	switch dimension {
	case "Meter":
		return c.meter, true
	case "ResourceType":
		return c.of, true
	case "ChargeType":
		return c.kind, true
	case "MeterSubCategory", "MeterSubcategory":
		return c.sub, true
	}
	return "", false
}

// costs answers one page of a query, within the rations.
func (s *Server) costs(w http.ResponseWriter, r *http.Request) {
	var ask costAsk
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&ask) != nil {
		refuse(w, http.StatusBadRequest, "BadRequest", "Invalid query definition: the body is no JSON.")
		return
	}
	if why := ask.wrong(); why != "" {
		refuse(w, http.StatusBadRequest, "BadRequest", why+".")
		return
	}
	if !s.ration(w, math.Max(1, math.Ceil(ask.Period.To.Sub(ask.Period.From).Hours()/24/unitDays))) {
		refuse(w, http.StatusTooManyRequests, "429", "Too many requests. Please retry.")
		return
	}
	first, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
	rows := s.rows(&ask)
	last := min(first+pageRows, len(rows))
	var next any
	if last < len(rows) {
		next = link(r, "$skiptoken", last)
	}
	list := [][]any{}
	for i := range rows[min(max(first, 0), last):last] {
		list = append(list, ask.row(&rows[first+i]))
	}
	const id = "00000000-0000-0000-0000-000000000001"
	answer(w, object{"id": strings.TrimPrefix(scope, "/") + "/providers/Microsoft.CostManagement/query/" + id, "name": id,
		"type": "Microsoft.CostManagement/query", "location": nil, "sku": nil, "eTag": nil,
		"properties": object{"nextLink": next, "columns": ask.columns(), "rows": list}})
}

// ration counts a query, and says in headers what it took and what is left.
func (s *Server) ration(w http.ResponseWriter, units float64) bool {
	const header = "X-Ms-Ratelimit-Microsoft.costmanagement-Qpu-"
	w.Header().Set(header+"Consumed", fmt.Sprint(units))
	wait, left := time.Duration(0), math.Inf(1)
	for _, x := range s.rations {
		ok, until := x.limit.May(units)
		if !ok {
			wait = max(wait, until)
		}
		left = min(left, math.Floor(x.limit.Left()))
	}
	w.Header().Set(header+"Remaining", fmt.Sprint(left))
	if wait == 0 {
		return true
	}
	w.Header().Set(header+"Retry-After", strconv.Itoa(int(wait.Seconds())))
	return false
}

func (a *costAsk) columns() []object {
	list := []object{}
	for _, x := range a.Dataset.Aggregation {
		list = append(list, object{"name": x.Name, "type": "Number"})
	}
	list = append(list, object{"name": "UsageDate", "type": "Number"})
	for _, g := range a.Dataset.Grouping {
		list = append(list, object{"name": g.Name, "type": "String"})
	}
	return append(list, object{"name": "Currency", "type": "String"})
}

// row is a row in the order of the columns: amounts are floats, dates whole numbers.
func (a *costAsk) row(c *costRow) []any {
	day, _ := strconv.Atoi(c.day.Format("20060102"))
	row := []any{c.cost.InexactFloat64(), day}
	for _, g := range a.Dataset.Grouping {
		v, _ := c.value(g.Name)
		row = append(row, v)
	}
	return append(row, "USD")
}

// mostDays is what an answer by days is about at most: of a longer time the older days are left out, and nothing says so.
const mostDays = 31

func (a *costAsk) span() (from, to time.Time) {
	from, to = a.Period.From.UTC().Truncate(dayWidth), a.Period.To.UTC().Truncate(dayWidth).AddDate(0, 0, 1)
	if least := to.AddDate(0, 0, -mostDays); from.Before(least) {
		from = least
	}
	return from, to
}

// rows are the groups of a query.
func (s *Server) rows(ask *costAsk) []costRow {
	known := account.Late(s.truth.Clock.Now(), refreshed, costLag, revised)
	from, to := ask.span()
	var all []costRow
	for _, x := range s.truth.Items(from, to, dayWidth, known) {
		if x.Kind != account.Requests {
			all = append(all, costRow{day: x.At, meter: s.meter(x), kind: "Usage", of: "microsoft.cognitiveservices/accounts",
				sub: "Azure OpenAI", cost: x.Cost})
		}
	}
	n := decimal.NewFromInt(int64(len(s.truth.Machines)))
	for hour := from; hour.Before(to) && n.IsPositive(); hour = hour.Add(time.Hour) {
		if known(hour) {
			all = append(all, costRow{day: hour.Truncate(dayWidth), meter: "ND96isr H100 v5", kind: "Usage", of: "microsoft.compute/virtualmachines",
				sub: "NDsrH100v5 Series", cost: n.Mul(machinePrice)})
		}
	}
	var list []costRow
	at := map[string]int{}
	for i := range all {
		c := &all[i]
		if !ask.holds(c) {
			continue
		}
		id := c.day.Format(time.DateOnly)
		for _, g := range ask.Dataset.Grouping {
			v, _ := c.value(g.Name)
			id += "\n" + v
		}
		if k, seen := at[id]; seen {
			list[k].cost = list[k].cost.Add(c.cost)
			continue
		}
		at[id] = len(list)
		list = append(list, *c)
	}
	slices.SortStableFunc(list, func(a, b costRow) int { return cmp.Or(a.day.Compare(b.day), strings.Compare(a.meter, b.meter)) })
	return list
}

// meter is how the bill names what a model used: "gpt-4o 0806 cchd Inp glbl Tokens".
func (s *Server) meter(x account.Item) string {
	name := x.Model
	if snapshot := s.truth.Ledger.Billed(x.Model); snapshot != x.Model {
		if parts := strings.Split(snapshot, "-"); len(parts) > 2 && len(parts[len(parts)-1]) == 2 {
			name += " " + parts[len(parts)-2] + parts[len(parts)-1]
		}
	}
	if x.Tier != "" {
		name += " Batch"
	}
	kind := map[account.Kind]string{account.Input: "Inp", account.CacheRead: "cchd Inp", account.CacheWrite: "cchd wrt Inp",
		account.Output: "Outp"}
	return name + " " + kind[x.Kind] + " glbl Tokens"
}
