package llamacpp

import (
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

type answers map[string]*contract.Answer

func serve(t *testing.T, a answers) *contract.Asked {
	t.Helper()
	return contract.ServeAnswers(t, func(path string) *contract.Answer { return a[path] })
}

func open(t *testing.T, url string, models ...fleet.ModelName) fleet.Reader {
	t.Helper()
	return contract.Open(t, Connector(), fleet.SourceSpec{URL: url, Models: models}, fleet.SystemClock{})
}

const loadingAnswer = `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`

func TestLoadingIsNotReadyAndNoFailure(t *testing.T) {
	busy := &contract.Answer{Status: 503, Body: loadingAnswer}
	s := serve(t, answers{"/metrics": busy, "/health": busy, "/props": busy})
	p, err := open(t, s.URL).Read(t.Context())
	if err != nil || p.NotReady != fleet.Text("loading its model") || p.Health != fleet.Some(false) || len(p.Engines) != 0 || p.At.IsZero() {
		t.Errorf("%+v, %v", p, err)
	}
	s = serve(t, answers{"/metrics": {Status: 503, Body: "<html>no upstream</html>"}})
	if _, err := open(t, s.URL).Read(t.Context()); fleet.KindOf(err) != fleet.KindServer {
		t.Errorf("the 503 of a proxy: %v", err)
	}
}

func TestASleepingServerIsNotWoken(t *testing.T) {
	s := serve(t, answers{"/metrics": {Body: page}, "/health": {}, "/props": {Body: strings.Replace(awake, "false", "true", 1)}})
	r := open(t, s.URL)
	for range 3 {
		p, err := r.Read(t.Context())
		if err != nil || len(p.Engines) != 1 || p.Engines[0].Asleep != fleet.Some(true) || p.Engines[0].Running.OK || p.Engines[0].Model != "small" {
			t.Errorf("%+v, %v", p, err)
		}
	}
	s.Only(t, "GET /props", "GET /health")
}

func TestARouterIsAskedForOneModelAndNeverLoadsIt(t *testing.T) {
	for url, want := range map[string]string{
		"/metrics?model=a%26b": "model=a%26b&autoload=false", "?model=x": "model=x&autoload=false",
		"/metrics?model=x&autoload=true": "model=x&autoload=false", "": "model=pool&autoload=false",
	} {
		s := serve(t, answers{"/metrics": {Body: page}})
		p, err := open(t, s.URL+url, "pool").Read(t.Context())
		if err != nil || len(p.Engines) != 1 || p.Engines[0].Asleep.OK {
			t.Errorf("%q: %+v, %v", url, p, err)
		}
		if s.Query("/metrics") != want || s.Query("/props") != want {
			t.Errorf("%q: asked %q and %q", url, s.Query("/metrics"), s.Query("/props"))
		}
		s.Only(t, "GET /metrics", "GET /props", "GET /health")
	}
	s := serve(t, answers{"/metrics": {Body: page}})
	if p, err := open(t, s.URL).Read(t.Context()); err != nil || p.Engines[0].Model != "" || s.Query("/metrics") != "autoload=false" {
		t.Errorf("nothing is known of the model: %+v, %v, %q", p.Engines, err, s.Query("/metrics"))
	}
}

func TestWhatRoutersRefuse(t *testing.T) {
	say := func(message string) answers {
		return answers{"/metrics": {Status: 400, Body: `{"error":{"code":400,"message":"` + message + `","type":"invalid_request_error"}}`}}
	}
	p, err := open(t, serve(t, say("model is not loaded")).URL, "m").Read(t.Context())
	if err != nil || len(p.Engines) != 0 || !strings.Contains(p.NotReady.String(), "not have this model loaded") {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = open(t, serve(t, say("model 'm' not found")).URL, "m").Read(t.Context())
	if fleet.KindOf(err) != fleet.KindNotFound || !strings.Contains(err.Error(), "does not know the model") {
		t.Errorf("%v", err)
	}
	_, err = open(t, serve(t, say("model name is missing from the request")).URL).Read(t.Context())
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "?model=NAME") {
		t.Errorf("%v", err)
	}
}

func TestMetricsThatAreOffNameTheSwitch(t *testing.T) {
	for _, status := range []int{501, 404} {
		_, err := open(t, serve(t, answers{"/metrics": {Status: status}}).URL).Read(t.Context())
		if fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "--metrics") {
			t.Errorf("%d: %v", status, err)
		}
	}
}
