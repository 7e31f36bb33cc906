package googlecosts

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/googleapi"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// columns are what is selected, in their order. Costs are floats in the export: each is made exact before it is added.
const columns = `UNIX_SECONDS(TIMESTAMP_TRUNC(usage_start_time, DAY)) AS day, sku.description AS sku, project.id AS project,
 location.region AS region, cost_type AS kind, currency, usage.unit AS unit, SUM(CAST(usage.amount AS NUMERIC)) AS amount,
 SUM(CAST(cost AS NUMERIC)) AS cost,
 SUM(IFNULL((SELECT SUM(CAST(c.amount AS NUMERIC)) FROM UNNEST(credits) AS c), 0)) AS credit,
 UNIX_SECONDS(MAX(usage_end_time)) AS newest, UNIX_SECONDS(MAX(export_time)) AS exported`

// ask is a query. Only partitions that can hold the span are scanned: rows come into the export after what they are about. A day more
// is for partitions that follow another zone.
func (r *reader) ask(span fleet.Span) map[string]any {
	moment := func(name string, at time.Time) map[string]any {
		return map[string]any{"name": name, "parameterType": map[string]string{"type": "TIMESTAMP"},
			"parameterValue": map[string]string{"value": at.Format(time.RFC3339)}}
	}
	var services []map[string]string
	for _, s := range r.names {
		services = append(services, map[string]string{"value": s})
	}
	ask := map[string]any{
		"query": "SELECT " + columns + "\nFROM `" + r.spec.Options[OptionTable] + "`\n" +
			"WHERE _PARTITIONTIME >= @partition AND usage_start_time >= @begin AND usage_start_time < @end AND service.id IN UNNEST(@services)\n" +
			"GROUP BY day, sku, project, region, kind, currency, unit",
		"useLegacySql": false, "parameterMode": "NAMED", "maxResults": pageRows, "timeoutMs": patience.Milliseconds(),
		"maximumBytesBilled": strconv.Itoa(r.most),
		"queryParameters": []any{moment("partition", span.From.Add(-billing.Day)), moment("begin", span.From), moment("end", span.To),
			map[string]any{"name": "services", "parameterType": map[string]any{"type": "ARRAY", "arrayType": map[string]string{"type": "STRING"}},
				"parameterValue": map[string]any{"arrayValues": services}}}}
	if at := r.spec.Options[OptionLocation]; at != "" {
		ask["location"] = at
	}
	return ask
}

// answer is one page of jobs.query or of its results.
type answer struct {
	Complete bool `json:"jobComplete"`
	Job      struct {
		ID       string `json:"jobId"`
		Location string `json:"location"`
	} `json:"jobReference"`
	Schema struct {
		Fields []struct {
			Name string `json:"name"`
		} `json:"fields"`
	} `json:"schema"`
	Rows []struct {
		Cells []struct {
			V json.RawMessage `json:"v"`
		} `json:"f"`
	} `json:"rows"`
	Next string `json:"pageToken"`
}

// What is taken out of refusals: BigQuery's older word for the failure, and the right that lacks.
var (
	plainReason  = regexp.MustCompile(`^[a-zA-Z]{1,60}$`)
	missingRight = regexp.MustCompile(`\b(bigquery\.[a-z]{1,30}\.[a-zA-Z]{1,30})\b`)
)

// explained adds to a refusal BigQuery's words for it, never its message: that may repeat the query.
func explained(reply *httpx.Reply, err error) error {
	err = googleapi.ExplainedToken(reply, err)
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil || reply.Status == http.StatusUnauthorized {
		return err
	}
	var body struct {
		Error struct {
			Message string `json:"message"`
			Errors  []struct {
				Reason string `json:"reason"`
			} `json:"errors"`
		} `json:"error"`
	}
	if json.Unmarshal(reply.Body, &body) != nil || len(body.Error.Errors) == 0 {
		return err
	}
	said := *e
	reason, right := body.Error.Errors[0].Reason, missingRight.FindString(body.Error.Message)
	switch {
	case reason == "bytesBilledLimitExceeded":
		said.Err = errors.New("the query would scan more bytes than option " + OptionBytes + " allows")
		said.Next = "raise it; nothing was charged"
	case reason == "rateLimitExceeded" || reason == "quotaExceeded":
		said.Kind, said.Next = fleet.KindRateLimited, "it is asked less often"
	case reply.Status == http.StatusForbidden && right != "":
		said.Err = fmt.Errorf("%w: it lacks %s", e.Err, right)
	case plainReason.MatchString(reason):
		said.Err = fmt.Errorf("%w: %s", e.Err, reason)
	}
	return &said
}
