package prometheus

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// matrixOf is an answer with one series of each name; values are of the steps from first on, "" for none.
func matrixOf(rest string, first time.Time, step time.Duration, series map[string][]string) string {
	var list []string
	for name, values := range series {
		var points []string
		for i, v := range values {
			if v != "" {
				points = append(points, fmt.Sprintf(`[%d,%q]`, first.Add(time.Duration(i)*step).Unix(), v))
			}
		}
		list = append(list, fmt.Sprintf(`{"metric":{"pitwall":%q},"values":[%s]}`, name, strings.Join(points, ",")))
	}
	return `{"status":"success",` + rest + `"data":{"resultType":"matrix","result":[` + strings.Join(list, ",") + `]}}`
}

var then = time.Date(2026, 11, 24, 12, 3, 20, 0, time.UTC)

// pastOf is for an hour up to a moment that is no multiple of the step.
func pastOf(pool fleet.PoolSpec, replicas ...fleet.SourceSpec) fleet.Recall {
	pool.ID, pool.Engine = "p", "vllm"
	return fleet.Recall{Pool: pool, Replicas: replicas, From: then.Add(-time.Hour), To: then, Step: 5 * time.Minute}
}

func recall(t *testing.T, r *reader, q fleet.Recall) (fleet.Recalled, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return r.Recall(ctx, q)
}

func TestThePastOfAPool(t *testing.T) {
	first := time.Date(2026, 11, 24, 11, 5, 0, 0, time.UTC)
	s := serve(t, always(matrixOf(`"warnings":["store 10.0.0.9: connection refused"],`, first, 5*time.Minute, map[string][]string{
		"out": {"2", "", "NaN", "0"}, "requests": {"0.5", "", "", "0"}, "failed": {"0.1"}, "ttft": {"0.25", "", "+Inf"}, "odd": {"1"}})))
	r := open(t, fleet.SourceSpec{URL: s.URL + "/prometheus", Options: map[string]string{"flavour": "mimir", "tenant": "team-a"}}, nil)
	out, err := recall(t, r, pastOf(fleet.PoolSpec{Store: &fleet.StorePool{Source: "store", Replicas: `pod=~"p-.*"`}}))
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Points) != 2 || !strings.HasPrefix(out.Incomplete.String(), "partial data") {
		t.Fatalf("%+v", out)
	}
	p := out.Points[0]
	if !p.At.Equal(first) || p.Out != fleet.Some(600.0) || p.Requests != fleet.Some(150.0) || p.Failed != fleet.Some(30.0) ||
		p.TTFT95 != fleet.Some(fleet.Seconds(.25)) || p.In.OK {
		t.Errorf("the first step is %+v", p)
	}
	if p := out.Points[1]; !p.At.Equal(first.Add(15*time.Minute)) || p.Out != fleet.Some(0.0) || p.Failed.OK {
		t.Errorf("the last step is %+v", p)
	}
	form := s.queries[0]
	if len(s.queries) != 1 || s.headers[0].Get("X-Scope-OrgID") != "team-a" ||
		form.Get("step") != "300s" || form.Get("start") != fmt.Sprint(first.Unix()) || form.Get("timeout") == "" ||
		form.Get("end") != fmt.Sprint(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Unix()) {
		t.Errorf("%d queries, %s %v %v", len(s.queries), s.methods[0], s.headers[0], form)
	}
	if !strings.Contains(form.Get("query"), `rate(vllm:generation_tokens_total{pod=~"p-.*"}[300s])`) {
		t.Errorf("it asks %s", form.Get("query"))
	}
}

func TestAReplicaIsLookedForByItsAddressAndThenByItsName(t *testing.T) {
	s := serve(t, func(query string) (int, string) {
		if strings.Contains(query, `{pod=~"p-r1|p-r2"}`) {
			return http.StatusOK, matrixOf("", then.Truncate(5*time.Minute), 5*time.Minute, map[string][]string{"out": {"1"}})
		}
		return http.StatusOK, matrixOf("", then, time.Minute, nil)
	})
	r := open(t, fleet.SourceSpec{URL: s.URL}, nil)
	replica := func(name string, from fleet.SourceID) fleet.SourceSpec {
		return fleet.SourceSpec{ID: fleet.SourceID(name), Kind: "vllm", URL: "http://" + name + ":8000", From: from,
			Subject: fleet.Subject{Replica: fleet.ReplicaID(name)}}
	}
	out, err := recall(t, r, pastOf(fleet.PoolSpec{}, replica("p-r1", ""), replica("p-r2", "")))
	if err != nil || len(out.Points) != 1 || len(s.queries) != 2 ||
		!strings.Contains(s.queries[0].Get("query"), `{instance=~"p-r1:8000|p-r2:8000"}`) {
		t.Errorf("%v %+v after %d queries", err, out, len(s.queries))
	}
	if _, err := recall(t, r, pastOf(fleet.PoolSpec{}, replica("p-r1", "store"))); fleet.KindOf(err) != fleet.KindNotFound || len(s.queries) != 3 {
		t.Errorf("one that is read through it has a selector of its own: %v, %d queries", err, len(s.queries))
	}
}

func TestWhatAStoreRefusesOfThePast(t *testing.T) {
	for status, want := range map[int]fleet.Kind{http.StatusTooManyRequests: fleet.KindRateLimited,
		http.StatusUnprocessableEntity: fleet.KindInvalid, http.StatusServiceUnavailable: fleet.KindTimeout} {
		s := serve(t, func(string) (int, string) {
			return status, `{"status":"error","errorType":"` +
				map[int]string{429: "too_many_requests", 422: "execution", 503: "timeout"}[status] + `","error":"query processing would load too many samples"}`
		})
		_, err := recall(t, open(t, fleet.SourceSpec{URL: s.URL}, nil), pastOf(fleet.PoolSpec{Store: &fleet.StorePool{Replicas: `a="b"`}}))
		if fleet.KindOf(err) != want {
			t.Errorf("%d: %v", status, err)
		}
	}
	q := pastOf(fleet.PoolSpec{Store: &fleet.StorePool{Replicas: `a="b"`}})
	q.From = q.To.Add(-14 * 24 * time.Hour)
	if _, err := recall(t, open(t, fleet.SourceSpec{URL: "http://127.0.0.1:1"}, nil), q); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("too many points: %v", err)
	}
}
