package bedrockusage

import (
	"context"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/billing"
	"pitwall/fleet"
)

// page is one page of GetMetricData.
type page struct {
	Results *[]result `json:"MetricDataResults"`
	Next    string    `json:"NextToken"`
}

type result struct {
	ID     string    `json:"Id"`
	Status string    `json:"StatusCode"`
	Times  []float64 `json:"Timestamps"` // seconds since 1970, of the begin of each period
	Values []float64 `json:"Values"`
}

// sums adds the sums of some series over a span. Further pages of an answer are of the same metrics and cost nothing more.
func (r *reader) sums(ctx context.Context, part []series, span fleet.Span, width time.Duration, into *billing.Hours) error {
	ask := request(part, span, width)
	paid := len(part)
	for range mostPages {
		var got page
		err := r.pay(ctx, paid, func(ctx context.Context) error {
			_, err := r.data.Do(ctx, ask, &got)
			return err
		})
		if err != nil {
			return err
		}
		if got.Results == nil {
			return r.unread("the answer holds no sums")
		}
		for _, s := range *got.Results {
			if err := r.add(part, s, width, into); err != nil {
				return err
			}
		}
		if got.Next == "" {
			return nil
		}
		ask["NextToken"], paid = got.Next, 0
	}
	return r.unread("the list of sums does not end")
}

// request asks for sums; the id of each says which series it is of.
func request(part []series, span fleet.Span, width time.Duration) map[string]any {
	type named struct{ Name, Value string }
	var queries []map[string]any
	for i, s := range part {
		queries = append(queries, map[string]any{"Id": "m" + strconv.Itoa(i), "ReturnData": true, "MetricStat": map[string]any{
			"Metric": map[string]any{"Namespace": namespace, "MetricName": s.name, "Dimensions": []named{{"ModelId", string(s.model)}}},
			"Period": int(width.Seconds()), "Stat": "Sum"}})
	}
	return map[string]any{"StartTime": span.From.Unix(), "EndTime": span.To.Unix(),
		"ScanBy": "TimestampAscending", "MetricDataQueries": queries}
}

// add adds one series. PartialData is what has a next page; what failed inside of CloudWatch is no zero.
func (r *reader) add(part []series, s result, width time.Duration, into *billing.Hours) error {
	number, prefixed := strings.CutPrefix(s.ID, "m")
	i, err := strconv.Atoi(number)
	switch {
	case !prefixed || err != nil || i < 0 || i >= len(part) || len(s.Times) != len(s.Values):
		return r.unread("a sum is of no series that was asked for")
	case s.Status == "Forbidden" || s.Status == "InternalError":
		return r.unread("CloudWatch could not give one of the sums")
	}
	row := billing.Row{Model: part[i].model, Use: metrics[part[i].name], Region: r.region}
	for j, at := range s.Times {
		n, ok := whole(s.Values[j])
		if !ok || !(at > 0 && at < 1<<40) {
			return r.unread("a sum is no count, or of no time")
		}
		from := time.Unix(int64(at), 0).UTC()
		into.Add(row, fleet.Span{From: from, To: from.Add(width)}, n)
	}
	return nil
}
