package googleapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/shopspring/decimal"
)

// What a query takes: the export has some bytes for each row of the columns that are read, ten mebibytes are billed at least, and a
// tebibyte has a price. An answer is as long as this: the real one is bounded by bytes, of which a small fleet has few.
const (
	leastBytes = 10 << 20
	rowBytes   = 180
	pageRows   = 40
)

var tebibytePrice = decimal.RequireFromString("6.25")

// job is a query that ran.
type job struct {
	names []string
	rows  [][]any
	bytes int64
}

// queryAsk is a request of jobs.query.
type queryAsk struct {
	Query           string
	UseLegacySQL    *bool  `json:"useLegacySql"`
	Mode            string `json:"parameterMode"`
	MaxResults      int
	Maximum         string `json:"maximumBytesBilled"`
	QueryParameters []parameter
}

type parameter struct {
	Name string
	Type struct{ Type string } `json:"parameterType"`
	Is   struct {
		Value       string
		ArrayValues []struct{ Value string }
	} `json:"parameterValue"`
}

// query runs a query over the export. The first one of a project is not ready at once.
func (s *Server) query(w http.ResponseWriter, r *http.Request) {
	var ask queryAsk
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&ask) != nil || ask.UseLegacySQL == nil || *ask.UseLegacySQL {
		refuse(w, http.StatusBadRequest, "INVALID_ARGUMENT", "invalidQuery", "only standard SQL is spoken here")
		return
	}
	run, err := s.run(&ask)
	if err != nil {
		refuse(w, http.StatusBadRequest, "INVALID_ARGUMENT", "invalidQuery", err.Error())
		return
	}
	if most, err := strconv.ParseInt(ask.Maximum, 10, 64); ask.Maximum != "" && (err != nil || run.bytes > most) {
		refuse(w, http.StatusBadRequest, "INVALID_ARGUMENT", "bytesBilledLimitExceeded",
			fmt.Sprintf("Query exceeded limit for bytes billed: %s. %d or higher required.", ask.Maximum, run.bytes))
		return
	}
	s.mu.Lock()
	s.jobs = append(s.jobs, run)
	number := len(s.jobs)
	s.spent = s.spent.Add(tebibytePrice.Mul(decimal.NewFromInt(run.bytes)).Div(decimal.NewFromInt(1 << 40)))
	s.mu.Unlock()
	if number == 1 {
		answer(w, object{"kind": "bigquery#queryResponse", "jobReference": reference(number), "jobComplete": false})
		return
	}
	answer(w, run.page(number, 0, ask.MaxResults))
}

func reference(number int) object {
	return object{"projectId": project, "jobId": fmt.Sprintf("job_simulated_%d", number), "location": "EU"}
}

// results answers a further page.
func (s *Server) results(w http.ResponseWriter, r *http.Request) {
	var number, first int
	_, err := fmt.Sscanf(r.PathValue("job"), "job_simulated_%d", &number)
	if text := r.URL.Query().Get("pageToken"); err == nil && text != "" {
		_, err = fmt.Sscanf(text, "page-%d", &first)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || number < 1 || number > len(s.jobs) || first < 0 {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "notFound", "Not found: Job")
		return
	}
	if at := r.URL.Query().Get("location"); at != "EU" {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "notFound", "Not found: Job "+project+":"+at)
		return
	}
	most, _ := strconv.Atoi(r.URL.Query().Get("maxResults"))
	answer(w, s.jobs[number-1].page(number, first, most))
}

// page is a part of the results: every cell is a text or null.
func (j *job) page(number, first, most int) object {
	if most <= 0 || most > pageRows {
		most = pageRows
	}
	first = min(first, len(j.rows))
	last := min(first+most, len(j.rows))
	fields, rows := []object{}, []object{}
	for _, n := range j.names {
		fields = append(fields, object{"name": n, "type": kinds[n], "mode": "NULLABLE"})
	}
	for _, row := range j.rows[first:last] {
		cells := []object{}
		for _, v := range row {
			cells = append(cells, object{"v": v})
		}
		rows = append(rows, object{"f": cells})
	}
	out := object{"kind": "bigquery#queryResponse", "jobReference": reference(number), "jobComplete": true, "schema": object{"fields": fields},
		"rows": rows, "totalRows": strconv.Itoa(len(j.rows)), "totalBytesProcessed": strconv.FormatInt(j.bytes, 10), "cacheHit": false}
	if last < len(j.rows) {
		out["pageToken"] = fmt.Sprintf("page-%d", last)
	}
	return out
}
