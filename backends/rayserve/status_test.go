package rayserve

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// status is a page of one application with the given state and the health of its replicas.
func status(state int, replicas ...int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ray_serve_application_status{application=\"a\"} %d\n", state)
	for i, healthy := range replicas {
		fmt.Fprintf(&b, "ray_serve_deployment_replica_healthy{application=\"a\",deployment=\"d\",replica=\"r%d\"} %d\n", i, healthy)
	}
	return b.String()
}

func TestHealthOfApplications(t *testing.T) {
	for _, c := range []struct {
		page     string
		health   bool
		notReady string
		notice   string
	}{
		{status(6, 1, 1), true, "", ""},
		{status(6), true, "", ""},
		{status(5, 1), true, "", ""}, // an update under way
		{status(5), false, "application a is being deployed", ""},
		{status(3), false, "application a is being deployed", ""},
		{status(4, 1), false, "application a is being deleted", ""},
		{status(1), false, "application a failed to deploy", ""},
		{status(1, 1), true, "", "application a failed to deploy"},
		{status(2, 1, 0), true, "", "application a has 1 of 2 replicas of d healthy"},
		{status(2, 0, 0), false, "application a has 0 of 2 replicas of d healthy", ""},
		{status(2), false, "application a is unhealthy", ""},
		{status(0, 1), true, "", ""},
		{status(77, 0), false, "application a has 0 of 1 replicas of d healthy", ""},
	} {
		p := decode(t, "", c.page)
		notice := ""
		if len(p.Notices) > 0 {
			notice = p.Notices[0].Text.String()
		}
		if p.Health != fleet.Some(c.health) || p.NotReady.String() != c.notReady || notice != c.notice {
			t.Errorf("%s: health %v, not ready %q, notice %q", c.page, p.Health, p.NotReady, notice)
		}
	}
}

// Another application of the same node that fails is no fault of the pool's own.
func TestOtherApplicationsAreNotJudged(t *testing.T) {
	page := status(6, 1) + "ray_serve_application_status{application=\"b\"} 1\n"
	p, err := newPages("", []fleet.ModelName{"a"}).Decode([]byte(page))
	if err != nil || p.Health != fleet.Some(true) || !p.NotReady.IsEmpty() {
		t.Errorf("%+v, %v", p, err)
	}
}

const said = `{"controller_info":{},"applications":{"chat":{"status":"DEPLOYING","deployments":{
 "Greeter":{"status":"UPDATING","replicas":[{"replica_id":"x","state":"STARTING"}]},
 "Speller":{"status":"HEALTHY","replicas":[{"replica_id":"y","state":"RUNNING"}]}}},
 "time":{"status":"RUNNING","deployments":{}}}}`

func TestTheDashboardIsAskedSeldomAndKnowsMore(t *testing.T) {
	body := said
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		switch path {
		case "/metrics":
			return &contract.Answer{Body: recorded(t)}
		case "/api/serve/applications/":
			return &contract.Answer{Body: body}
		}
		return nil
	})
	clock := fleet.NewVirtualClock(contract.Start())
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + "/metrics?dashboard=" + s.URL}, clock)
	for range 3 {
		p, err := r.Read(t.Context())
		if err != nil || len(p.Engines) != 2 || p.Health != fleet.Some(false) || p.NotReady.String() != "application chat is being deployed" {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	if n := s.Count("GET /api/serve/applications/"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	body = "broken" // what was known stays for three questions, and then the page stands
	for i, want := range []bool{false, false, true, true} {
		if err := clock.Advance(t.Context(), dashboardEvery); err != nil {
			t.Fatal(err)
		}
		if p, err := r.Read(t.Context()); err != nil || p.Health != fleet.Some(want) || p.NotReady.IsEmpty() != want {
			t.Errorf("%d questions without an answer: %+v, %v", i+1, p, err)
		}
	}
	body = said
	if err := clock.Advance(t.Context(), dashboardEvery); err != nil {
		t.Fatal(err)
	}
	if p, err := r.Read(t.Context()); err != nil || p.Health != fleet.Some(false) {
		t.Errorf("it answers again: %+v, %v", p, err)
	}
	s.Only(t, "GET /metrics", "GET /api/serve/applications/")
}

// A dashboard that does not answer leaves the page, which is whole, and what that says of health.
func TestThePageStandsWithoutTheDashboard(t *testing.T) {
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if path == "/metrics" {
			return &contract.Answer{Body: recorded(t)}
		}
		return &contract.Answer{Status: 401}
	})
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + "?dashboard=" + s.URL}, fleet.SystemClock{})
	p, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	judgeRecorded(t, p)
	deps := contract.Deps()
	deps.Via = "kubernetes/c/ns/pod:8080"
	_, err = Connector().NewReader(fleet.SourceSpec{ID: "r", URL: "http://10.0.0.1:8080?dashboard=http://10.0.0.2:8265"}, deps)
	if err == nil {
		t.Error("a dashboard was asked by the way of a pod")
	}
}
