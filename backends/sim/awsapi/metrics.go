package awsapi

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
)

// How CloudWatch answers: minutes are some minutes late, and an answer has no more values than this.
const (
	metricLag   = 4 * time.Minute
	namespace   = "AWS/Bedrock"
	pageMetrics = 500
	pageValues  = 1440
	mostQueries = 500
	listedFor   = 14 * dayWidth
)

// metricPrice is what one metric of a question costs, and a page of the list.
var metricPrice = decimal.New(1, -5)

// counters are the metrics of a model.
var counters = map[string]account.Kind{"InputTokenCount": account.Input, "OutputTokenCount": account.Output,
	"Invocations":              account.Requests,
	"CacheReadInputTokenCount": account.CacheRead, "CacheWriteInputTokenCount": account.CacheWrite}

type dimension struct{ Name, Value string }

// metered are the counts by now.
func (s *Server) metered(from, to time.Time, width time.Duration) []account.Item {
	seen := s.truth.Clock.Now().Add(-metricLag)
	return s.truth.Items(from, to, width, func(at time.Time) bool { return !at.Add(time.Minute).After(seen) })
}

// modelID is what Bedrock calls a model.
func (s *Server) modelID(model string) string {
	return "us.anthropic." + s.truth.Ledger.Billed(model) + "-v1:0"
}

type metricsAsk struct {
	Namespace, MetricName, NextToken string
}

// listMetrics lists what has had a value in two weeks.
func (s *Server) listMetrics(body *json.Decoder) (any, *fault) {
	var ask metricsAsk
	if body.Decode(&ask) != nil {
		return nil, &fault{400, "SerializationException", ""}
	}
	first, bad := offset(ask.NextToken)
	if bad != nil {
		return nil, bad
	}
	s.spend(metricPrice)
	now := s.truth.Clock.Now()
	var models []string
	for _, x := range s.metered(now.Add(-listedFor), now, listedFor) {
		if id := s.modelID(x.Model); !slices.Contains(models, id) {
			models = append(models, id)
		}
	}
	list := []object{}
	for _, model := range models {
		for _, name := range []string{"Invocations", "InvocationLatency", "InputTokenCount", "OutputTokenCount", "CacheReadInputTokenCount",
			"CacheWriteInputTokenCount"} {
			if ask.Namespace != "" && ask.Namespace != namespace || ask.MetricName != "" && ask.MetricName != name {
				continue
			}
			of := []dimension{{"ModelId", model}}
			list = append(list, object{"Namespace": namespace, "MetricName": name, "Dimensions": of})
			if name == "OutputTokenCount" { // counted once more, by the size of prompts
				list = append(list, object{"Namespace": namespace, "MetricName": name,
					"Dimensions": append(of, dimension{"BucketedStepSize", "128"})})
			}
		}
	}
	last := min(first+pageMetrics, len(list))
	answer := object{"Metrics": list[min(first, last):last], "OwningAccounts": []string{}}
	if last < len(list) {
		answer["NextToken"] = token(last)
	}
	return answer, nil
}

func token(n int) string { return base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(n))) }

func offset(token string) (int, *fault) {
	if token == "" {
		return 0, nil
	}
	text, err := base64.StdEncoding.DecodeString(token)
	n, bad := strconv.Atoi(string(text))
	if err != nil || bad != nil || n <= 0 {
		return 0, &fault{400, "InvalidNextToken", "the token is invalid"}
	}
	return n, nil
}

// dataAsk is a request of GetMetricData.
type dataAsk struct {
	StartTime, EndTime float64
	ScanBy, NextToken  string
	MaxDatapoints      int
	MetricDataQueries  []struct {
		ID         string `json:"Id"`
		MetricStat struct {
			Metric struct {
				Namespace, MetricName string
				Dimensions            []dimension
			}
			Period int
			Stat   string
		}
	}
}

func (a *dataAsk) valid() *fault {
	if len(a.MetricDataQueries) == 0 || len(a.MetricDataQueries) > mostQueries || a.StartTime >= a.EndTime {
		return invalid("MetricDataQueries has 1 to 500 members, and StartTime must be less than EndTime")
	}
	ids := map[string]bool{}
	for _, q := range a.MetricDataQueries {
		if ids[q.ID] || q.ID == "" || q.ID[0] < 'a' || q.ID[0] > 'z' {
			return invalid("The value %s for parameter MetricDataQueries.Id is not matching the expected pattern or not unique", q.ID)
		}
		ids[q.ID] = true
		if p := q.MetricStat.Period; p <= 0 || p%60 != 0 {
			return invalid("Period must be a multiple of 60")
		}
	}
	return nil
}

// metricData answers a page: the values of the metrics, one metric after the other. A metric with values behind the end of the
// page is partial.
func (s *Server) metricData(body *json.Decoder) (any, *fault) {
	var ask dataAsk
	if body.Decode(&ask) != nil {
		return nil, &fault{400, "SerializationException", ""}
	}
	if bad := ask.valid(); bad != nil {
		return nil, bad
	}
	first, bad := offset(ask.NextToken)
	if bad != nil {
		return nil, bad
	}
	if first == 0 {
		s.spend(metricPrice.Mul(decimal.NewFromInt(int64(len(ask.MetricDataQueries)))))
	}
	room := pageValues
	if ask.MaxDatapoints > 0 {
		room = min(room, ask.MaxDatapoints)
	}
	list, seen, last := []object{}, 0, first+room
	for _, q := range ask.MetricDataQueries {
		times, values := s.values(&ask, q.MetricStat.Metric.MetricName, q.MetricStat.Metric.Dimensions, q.MetricStat.Period, q.MetricStat.Stat)
		if ask.ScanBy != "TimestampAscending" {
			slices.Reverse(times)
			slices.Reverse(values)
		}
		from, to := clamp(first-seen, len(times)), clamp(last-seen, len(times))
		code := "Complete"
		if to < len(times) {
			code = "PartialData"
		}
		list = append(list, object{"Id": q.ID, "Label": q.MetricStat.Metric.MetricName, "StatusCode": code, "Timestamps": times[from:to],
			"Values": values[from:to]})
		seen += len(times)
	}
	answer := object{"MetricDataResults": list, "Messages": []object{}}
	if seen > last {
		answer["NextToken"] = token(last)
	}
	return answer, nil
}

func clamp(n, most int) int { return max(0, min(n, most)) }

// values are the sums of one metric: periods without a value are left out.
func (s *Server) values(ask *dataAsk, name string, of []dimension, period int, stat string) (times []int64, values []float64) {
	times, values = []int64{}, []float64{}
	kind, known := counters[name]
	if !known || stat != "Sum" || len(of) != 1 || of[0].Name != "ModelId" {
		return times, values
	}
	width := time.Duration(period) * time.Second
	from := time.Unix(int64(ask.StartTime), 0).Truncate(width)
	for _, x := range s.metered(from, time.Unix(int64(ask.EndTime), 0), width) {
		switch {
		case x.Kind != kind || s.modelID(x.Model) != of[0].Value:
		case len(times) > 0 && times[len(times)-1] == x.At.Unix(): // another tier
			values[len(values)-1] += float64(x.N)
		default:
			times, values = append(times, x.At.Unix()), append(values, float64(x.N))
		}
	}
	return times, values
}
