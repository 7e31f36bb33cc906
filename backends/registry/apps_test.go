package registry

import (
	"fmt"
	"net/http"
	"testing"

	"pitwall/fleet"
)

// Servers of applications count no tokens: what ends shows that they work, long requests alone prove nothing, and a queue
// before nothing is a stall.
func TestServersOfApplicationsAreJudgedWithoutTokens(t *testing.T) {
	const ray = "ray_serve_replica_processing_queries{application=\"a\",deployment=\"d\",replica=\"r\"} %d\n" +
		"ray_serve_deployment_queued_queries{application=\"a\",deployment=\"d\",handle=\"h\"} %d\n" +
		"ray_serve_num_http_requests_total{application=\"a\",status_code=\"200\"} %d\n" +
		"ray_serve_num_http_requests_total{application=\"a\",status_code=\"500\"} 10\n"
	works := watched(t, "rayserve", func(n int) (int, string) { return http.StatusOK, fmt.Sprintf(ray, 4, 2, 90+n) })
	if works.State != fleet.StateOK || works.Progress.Moving != fleet.Some(true) || works.Load.Running.V != 4 || works.Load.Waiting.V != 2 ||
		!works.Load.Requests.OK || works.Load.OutRate.OK || works.Load.KV.OK {
		t.Errorf("at work: %s %q, %+v, %+v", works.State, works.Why, works.Progress, works.Load)
	}
	long := watched(t, "rayserve", func(int) (int, string) { return http.StatusOK, fmt.Sprintf(ray, 4, 2, 90) })
	if long.State != fleet.StateOK || long.Progress.Moving.OK {
		t.Errorf("at long work: %s %q, %+v", long.State, long.Why, long.Progress)
	}
	hangs := watched(t, "rayserve", func(int) (int, string) { return http.StatusOK, fmt.Sprintf(ray, 0, 2, 90) })
	if hangs.State != fleet.StateDown || hangs.Progress.Moving != fleet.Some(false) {
		t.Errorf("hanging: %s %q, %+v", hangs.State, hangs.Why, hangs.Progress)
	}
	const bento = "bentoml_service_request_in_progress{endpoint=\"/a\",runner_name=\"s\",service_name=\"s\"} %d\n" +
		"bentoml_service_request_total{endpoint=\"/a\",http_response_code=\"200\",runner_name=\"s\",service_name=\"s\"} %d\n" +
		"bentoml_service_request_total{endpoint=\"/readyz\",http_response_code=\"200\",runner_name=\"s\",service_name=\"s\"} %d\n"
	busy := watched(t, "bentoml", func(n int) (int, string) { return http.StatusOK, fmt.Sprintf(bento, 3, 10*n, n) })
	if busy.State != fleet.StateOK || busy.Progress.Moving != fleet.Some(true) || !busy.Load.Requests.OK || busy.Load.Waiting.OK {
		t.Errorf("busy: %s %q, %+v, %+v", busy.State, busy.Why, busy.Progress, busy.Load)
	}
	probed := watched(t, "bentoml", func(n int) (int, string) { return http.StatusOK, fmt.Sprintf(bento, 0, 10, n) })
	if probed.State != fleet.StateIdle || probed.Load.Requests != fleet.Some(fleet.Rate(0)) {
		t.Errorf("only probed: %s %q, %+v", probed.State, probed.Why, probed.Load)
	}
}
