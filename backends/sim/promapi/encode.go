package promapi

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

type object map[string]any

func respond(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "cannot write the answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client hung up
}

func succeed(w http.ResponseWriter, data any) {
	respond(w, http.StatusOK, object{"status": "success", "data": data})
}

func refuse(w http.ResponseWriter, status int, kind, text string) {
	respond(w, status, object{"status": "error", "errorType": kind, "error": text})
}

// answer writes the result of a query. It is written by hand: results of a large fleet have many thousand series.
func answer(v parser.Value, warnings, infos []string) []byte {
	b := append([]byte(nil), `{"status":"success","data":{"resultType":"`...)
	b = append(append(b, v.Type()...), `","result":`...)
	switch v := v.(type) {
	case promql.Vector:
		b = vector(b, v)
	case promql.Matrix:
		b = matrix(b, v)
	case promql.Scalar:
		b = point(b, v.T, v.V)
	case promql.String:
		b = append(stamp(append(b, '['), v.T), ',')
		b = append(strconv.AppendQuote(b, v.V), ']')
	}
	b = append(b, '}')
	b = remarks(b, "warnings", warnings)
	b = remarks(b, "infos", infos)
	return append(b, "}\n"...)
}

func send(w http.ResponseWriter, b []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) //nolint:gosec // JSON, and labelled so; the client hung up
}

func remarks(b []byte, name string, list []string) []byte {
	if len(list) == 0 {
		return b
	}
	text, err := json.Marshal(list)
	if err != nil {
		return b
	}
	return append(append(b, `,"`+name+`":`...), text...)
}

func vector(b []byte, v promql.Vector) []byte {
	b = append(b, '[')
	for i, s := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(metric(b, s.Metric), `,"value":`...)
		b = append(point(b, s.T, s.F), '}')
	}
	return append(b, ']')
}

func matrix(b []byte, v promql.Matrix) []byte {
	b = append(b, '[')
	for i, s := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(metric(b, s.Metric), `,"values":[`...)
		for j, p := range s.Floats {
			if j > 0 {
				b = append(b, ',')
			}
			b = point(b, p.T, p.F)
		}
		b = append(b, "]}"...)
	}
	return append(b, ']')
}

// metric begins the object of one series.
func metric(b []byte, l labels.Labels) []byte {
	b = append(b, `{"metric":{`...)
	first := true
	l.Range(func(x labels.Label) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(quote(b, x.Name), ':')
		b = quote(b, x.Value)
	})
	return append(b, '}')
}

// quote writes a JSON string; most need no escape.
func quote(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			text, err := json.Marshal(s)
			if err != nil {
				text = []byte(`""`)
			}
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func point(b []byte, t int64, v float64) []byte {
	b = append(stamp(append(b, '['), t), `,"`...)
	form := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		form = 'e'
	}
	return append(strconv.AppendFloat(b, v, form, -1, 64), `"]`...)
}

// stamp writes milliseconds as seconds.
func stamp(b []byte, t int64) []byte {
	return strconv.AppendFloat(b, float64(t)/1000, 'f', -1, 64)
}
