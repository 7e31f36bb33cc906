package googleapi

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
)

// How late the export is: rows come some times a day, some hours after what they are about, and those of the last hour of a day
// two days later. Of every cost a part is credited.
const (
	exportedEvery = 4 * time.Hour
	exportLag     = 8 * time.Hour
	revised       = 50 * time.Hour
	dayWidth      = 24 * time.Hour
	vertexService = "C7E2-9256-1C43"
	gceService    = "6F81-5844-456A"
)

var credited = decimal.RequireFromString("-0.02")

// exported is one row of the export, of an hour.
type exported struct {
	begin, written                      time.Time
	service, sku, project, region, unit string
	amount, cost, credit                float64
}

// expressions are what may be selected: of a group, and of one row of it where it is a key.
var expressions = map[string]func(*exported) string{
	"UNIX_SECONDS(TIMESTAMP_TRUNC(usage_start_time, DAY))": func(x *exported) string { return seconds(x.begin.Truncate(dayWidth)) },
	"sku.description": func(x *exported) string { return x.sku },
	"project.id":      func(x *exported) string { return x.project },
	"location.region": func(x *exported) string { return x.region },
	"cost_type":       func(*exported) string { return "regular" },
	"currency":        func(*exported) string { return "USD" },
	"usage.unit":      func(x *exported) string { return x.unit },
}

// sums are aggregates of rows. NUMERIC has nine digits behind the point: a float is rounded to them before it is added.
var sums = map[string]func([]*exported) string{
	"SUM(CAST(usage.amount AS NUMERIC))": total(func(x *exported) float64 { return x.amount }),
	"SUM(CAST(cost AS NUMERIC))":         total(func(x *exported) float64 { return x.cost }),
	givenBack:                            total(func(x *exported) float64 { return x.credit }),
	"UNIX_SECONDS(MAX(usage_end_time))":  newest(func(x *exported) time.Time { return x.begin.Add(time.Hour) }),
	"UNIX_SECONDS(MAX(export_time))":     newest(func(x *exported) time.Time { return x.written }),
}

// givenBack adds up a list inside of each row.
const givenBack = "SUM(IFNULL((SELECT SUM(CAST(c.amount AS NUMERIC)) FROM UNNEST(credits) AS c), 0))"

// kinds are the types of columns.
var kinds = map[string]string{"day": "INTEGER", "newest": "INTEGER", "exported": "INTEGER", "amount": "NUMERIC", "cost": "NUMERIC",
	"credit": "NUMERIC", "sku": "STRING", "project": "STRING", "region": "STRING", "kind": "STRING", "currency": "STRING", "unit": "STRING"}

func seconds(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

func total(of func(*exported) float64) func([]*exported) string {
	return func(list []*exported) string {
		sum := decimal.Zero
		for _, x := range list {
			sum = sum.Add(decimal.NewFromFloat(of(x)).Round(9))
		}
		return sum.String()
	}
}

func newest(of func(*exported) time.Time) func([]*exported) string {
	return func(list []*exported) string {
		var last time.Time
		for _, x := range list {
			if at := of(x); at.After(last) {
				last = at
			}
		}
		return seconds(last)
	}
}

// statement is the one form of query that is understood.
var statement = regexp.MustCompile("(?s)^SELECT (.+)\nFROM `([^`]+)`\nWHERE (.+)\nGROUP BY (.+)$")

// conditions are what a row may be held against.
var conditions = map[string]func(*exported, *parameter) bool{
	"_PARTITIONTIME >= @": func(x *exported, p *parameter) bool {
		return !x.written.Truncate(dayWidth).Before(p.at().Truncate(dayWidth))
	},
	"usage_start_time >= @": func(x *exported, p *parameter) bool { return !x.begin.Before(p.at()) },
	"usage_start_time < @":  func(x *exported, p *parameter) bool { return x.begin.Before(p.at()) },
	"service.id IN UNNEST(@": func(x *exported, p *parameter) bool {
		return slices.ContainsFunc(p.Is.ArrayValues, func(v struct{ Value string }) bool { return v.Value == x.service })
	},
}

func (p *parameter) at() time.Time {
	at, _ := time.Parse(time.RFC3339, p.Is.Value)
	return at
}

var placeholder = regexp.MustCompile(`@(\w+)\)?$`)

// run runs a query.
func (s *Server) run(ask *queryAsk) (*job, error) {
	parts := statement.FindStringSubmatch(strings.TrimSpace(ask.Query))
	if parts == nil || ask.Mode != "NAMED" {
		return nil, errors.New("a statement of this form is not understood")
	}
	if parts[2] != table {
		return nil, fmt.Errorf("the table %s was not found", parts[2])
	}
	rows, bytes := s.rows(), int64(0)
	for cond := range strings.SplitSeq(parts[3], " AND ") {
		found := placeholder.FindStringSubmatch(cond)
		if found == nil {
			return nil, errors.New("unrecognized condition " + cond)
		}
		check := conditions[strings.TrimSuffix(cond, strings.TrimPrefix(found[0], "@"))]
		k := slices.IndexFunc(ask.QueryParameters, func(p parameter) bool { return p.Name == found[1] })
		if check == nil || k < 0 {
			return nil, errors.New("query parameter '" + found[1] + "' not found, or unrecognized condition")
		}
		rows = slices.DeleteFunc(rows, func(x *exported) bool { return !check(x, &ask.QueryParameters[k]) })
		if bytes == 0 { // partitions that are left out are not read
			bytes = max(leastBytes, int64(len(rows))*rowBytes)
		}
	}
	out, err := grouped(rows, parts[1], strings.Split(parts[4], ", "))
	if err == nil {
		out.bytes = bytes
	}
	return out, err
}

// grouped selects columns of groups.
func grouped(rows []*exported, selected string, by []string) (*job, error) {
	out := &job{}
	var keys []func(*exported) string
	columns := []func([]*exported) string{}
	for _, column := range columnsOf(selected) {
		i := strings.LastIndex(column, " AS ")
		text, name := column, column
		if i >= 0 && !strings.Contains(column[i:], ")") {
			text, name = column[:i], column[i+len(" AS "):]
		}
		key, isKey := expressions[text]
		sum, isSum := sums[text]
		switch {
		case isKey && slices.Contains(by, name):
			keys = append(keys, key)
			columns = append(columns, func(list []*exported) string { return key(list[0]) })
		case isSum:
			columns = append(columns, sum)
		default:
			return nil, errors.New("SELECT list expression references " + text + " which is neither grouped nor aggregated, or not known")
		}
		out.names = append(out.names, name)
	}
	groups := map[string][]*exported{}
	for _, x := range rows {
		id := ""
		for _, key := range keys {
			id += key(x) + "\n"
		}
		groups[id] = append(groups[id], x)
	}
	for _, list := range groups { // in no order, as no order was asked for
		var row []any
		for _, column := range columns {
			row = append(row, column(list))
		}
		out.rows = append(out.rows, row)
	}
	return out, nil
}

// columnsOf parts a list at the commas that stand in no brackets.
func columnsOf(text string) (list []string) {
	depth, from := 0, 0
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				list, from = append(list, strings.TrimSpace(text[from:i])), i+1
			}
		}
	}
	return append(list, strings.TrimSpace(text[from:]))
}

// rows are the export by now: hours by SKU.
func (s *Server) rows() []*exported {
	now := s.truth.Clock.Now()
	known := account.Late(now, exportedEvery, exportLag, revised)
	from := now.UTC().Truncate(dayWidth).AddDate(0, 0, -40)
	var list []*exported
	for _, x := range s.truth.Items(from, now, time.Hour, known) {
		if x.Kind == account.Requests {
			continue
		}
		late := exportLag
		if x.At.Hour() == 23 {
			late = revised
		}
		list = append(list, &exported{begin: x.At, written: x.At.Add(time.Hour + late), service: vertexService, sku: sku(x), project: project,
			region: "global", unit: "count", amount: float64(x.N), cost: x.Cost.InexactFloat64(), credit: x.Cost.Mul(credited).InexactFloat64()})
	}
	for i := range s.truth.Machines {
		for at := from; at.Before(now); at = at.Add(time.Hour) {
			if i == 0 && known(at) {
				list = append(list, &exported{begin: at, written: at.Add(time.Hour + exportLag), service: gceService, project: project, unit: "seconds",
					sku: "A3 High GPU", region: region, amount: 3600, cost: machinePrice * float64(len(s.truth.Machines))})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *exported) int { return cmp.Compare(a.begin.Unix(), b.begin.Unix()) })
	return list
}

// sku is how the bill names what a model used: "Claude Sonnet 4.5 Cached Input Tokens - Batch".
func sku(x account.Item) string {
	kind := map[account.Kind]string{account.Input: "Input", account.CacheRead: "Cached Input", account.CacheWrite: "Cache Write Input",
		account.Output: "Output"}
	words := strings.Fields(strings.ReplaceAll(x.Model, "-", " "))
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	name := versions.ReplaceAllString(strings.Join(words, " "), "$1.$2") + " " + kind[x.Kind] + " Tokens"
	if x.Tier != "" {
		name += " - Batch"
	}
	return name
}

// versions are written with a point.
var versions = regexp.MustCompile(`(\d) (\d)`)
