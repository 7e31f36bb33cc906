package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/backends/internal/pocket"
	"pitwall/fleet"
)

const path = "/v1/chat/completions"

func answer(model, text string) string {
	quoted, _ := json.Marshal([]string{model, text})
	var s [2]json.RawMessage
	_ = json.Unmarshal(quoted, &s)
	return fmt.Sprintf(`{"model":%s,"choices":[{"message":{"content":%s},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2}}`, s[0], s[1])
}

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	contract.Run(t, contract.Case{
		New: newReader, Method: http.MethodPost, Main: path, Pages: map[string]contract.Page{path: page(answer("llama", "OK"))},
		Spec: func(s *fleet.SourceSpec) {
			s.Models, s.Probe = []fleet.ModelName{"llama"}, &fleet.ProbePlan{}
		},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			x := p.Probe
			if x == nil || !x.OK || x.In != fleet.Some(9) || x.Out != fleet.Some(2) || x.Model.String() != "llama" || x.Finish.String() != "stop" || !x.TTFT.OK {
				t.Errorf("reading %+v", x)
			}
		},
		WrongType:  page(`{"choices":[{"message":{"content":17},"finish_reason":"stop"}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for an answer: %+v", p.Probe) },
		Hostile: func(text string) map[string]contract.Page {
			return map[string]contract.Page{path: page(answer(text, text))}
		},
		Series: func(n int) contract.Page {
			return page(`{"choices":[{"message":{"content":"OK"},"finish_reason":"stop"}` + strings.Repeat(`,{"index":1}`, n) + `]}`)
		},
	})
}

// model is a server that answers as a test says, and remembers the requests.
type model struct {
	*httptest.Server
	mu   sync.Mutex
	sent []map[string]any
}

func serve(t *testing.T, say func(n int, w http.ResponseWriter)) *model {
	t.Helper()
	m := &model{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q map[string]any
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		m.mu.Lock()
		m.sent = append(m.sent, q)
		n := len(m.sent)
		m.mu.Unlock()
		say(n, w)
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *model) requests() []map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sent
}

func write(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

const (
	called = `{"model":"m","choices":[{"message":{"content":null,"tool_calls":[{"function":{"name":"get_weather","arguments":"{\"city\":\"Oslo\"}"}}]},
		"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":100,"completion_tokens":20}}`
	cut = `{"model":"m","choices":[{"message":{"content":"{\"tot"},"finish_reason":"length"}],"usage":{"prompt_tokens":30,"completion_tokens":4}}`
)

func usd(t *testing.T, s string) fleet.Money {
	t.Helper()
	m, err := fleet.ParseMoney(s, fleet.USD)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func open(t *testing.T, plan fleet.ProbePlan, clock fleet.Clock, ends ...string) fleet.Reader {
	t.Helper()
	for i, url := range ends {
		plan.Ends = append(plan.Ends, fleet.ProbeEnd{Name: fmt.Sprintf("r%d", i), URL: url, Path: path})
	}
	r, err := newReader(fleet.SourceSpec{ID: "probe/x", URL: ends[0], Models: []fleet.ModelName{"m"}, Probe: &plan}, fleet.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEachAbilityIsAskedForByItself(t *testing.T) {
	m := serve(t, func(n int, w http.ResponseWriter) {
		write(w, []string{answer("m", "OK"), called, answer("m", `{"total": 14}`)}[n-1])
	})
	r := open(t, fleet.ProbePlan{ProbeSpec: fleet.ProbeSpec{Tools: true, JSON: true, PromptTokens: 300}}, fleet.SystemClock{}, m.URL)
	p, err := r.Read(t.Context())
	if err != nil || !p.Probe.OK || fmt.Sprint(p.Probe.Asked) != "[length tools JSON]" || p.Probe.In != fleet.Some(118) || p.Probe.Out != fleet.Some(24) ||
		p.Probe.End != "r0" || p.Probe.Spent.OK {
		t.Fatalf("%v %+v", err, p.Probe)
	}
	sent := m.requests()
	if len(sent) != 3 || sent[0]["tools"] != nil || sent[1]["tools"] == nil || sent[1]["response_format"] != nil || sent[2]["response_format"] == nil {
		t.Errorf("sent %v", sent)
	}
	for _, q := range sent {
		if q["max_tokens"] != 64.0 || q["stream"] != true || q["temperature"] != nil || q["seed"] != nil {
			t.Errorf("sent %v", q)
		}
	}
	text := fmt.Sprint(sent[0]["messages"])
	if n := strings.Count(text, word); n != 300 {
		t.Errorf("padded by %d words", n)
	}
}

func TestWhatDoesNotComeIsNoGoodProbe(t *testing.T) {
	for name, c := range map[string]struct {
		body, why string
		ok        bool
		spec      fleet.ProbeSpec
	}{
		"empty":    {`{"choices":[{"message":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":0}}`, "the answer is empty", false, fleet.ProbeSpec{}},
		"thinking": {`{"choices":[{"message":{"content":null},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":16}}`, "", true, fleet.ProbeSpec{}},
		"no JSON":  {answer("m", "PRIVATE words"), "it answers, and with no JSON object", false, fleet.ProbeSpec{JSON: true}},
		"a list":   {answer("m", `["PRIVATE"]`), "it answers, and with no JSON object", false, fleet.ProbeSpec{JSON: true}},
		"no call":  {answer("m", "PRIVATE words"), "it answers, and calls no tool as asked", false, fleet.ProbeSpec{Tools: true}},
		"cut":      {cut, "", true, fleet.ProbeSpec{JSON: true}},
	} {
		m := serve(t, func(_ int, w http.ResponseWriter) { write(w, c.body) })
		p, err := open(t, fleet.ProbePlan{ProbeSpec: c.spec}, fleet.SystemClock{}, m.URL).Read(t.Context())
		if err != nil || p.Probe.OK != c.ok || p.Probe.Why.String() != c.why || p.Incomplete.String() != c.why {
			t.Errorf("%s: %v %+v", name, err, p.Probe)
		}
		if (name == "cut") != (len(p.Probe.Unclear) == 1) {
			t.Errorf("%s: unclear %v", name, p.Probe.Unclear)
		}
		if told := fmt.Sprintf("%+v %v", p, p.Probe); strings.Contains(told, "PRIVATE") {
			t.Errorf("%s: a word of the answer is in %s", name, told)
		}
	}
}

func TestReplicasAreAskedInTurn(t *testing.T) {
	good := serve(t, func(_ int, w http.ResponseWriter) { write(w, answer("m", "OK")) })
	bad := serve(t, func(_ int, w http.ResponseWriter) {
		w.Header().Set("Retry-After", "90")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"error":"PRIVATE"}`)
	})
	r := open(t, fleet.ProbePlan{}, fleet.SystemClock{}, good.URL, bad.URL)
	for i := range 4 {
		p, err := r.Read(t.Context())
		if p.Probe.End != fmt.Sprintf("r%d", i%2) || p.Probe.OK != (i%2 == 0) || (err == nil) != p.Probe.OK {
			t.Errorf("%d: %v %+v", i, err, p.Probe)
		}
		if err != nil && (fleet.RetryAfter(err) != 90*time.Second || strings.Contains(p.Probe.Why.String(), "PRIVATE") || !strings.Contains(p.Probe.Why.String(), "429")) {
			t.Errorf("%v %q", err, p.Probe.Why)
		}
	}
}

// payer is a rented model at $1 in and $10 out for a million tokens: a plain probe costs at most $0.00036.
func payer(t *testing.T) []fleet.ProbePayer {
	return []fleet.ProbePayer{{Provider: "p", Kind: "openai", Model: "m", Price: fleet.Some(fleet.Price{Input: usd(t, "1"), Output: usd(t, "10")})}}
}

func TestAPaidProbeStopsAtItsLimitUntilTheNextDay(t *testing.T) {
	m := serve(t, func(n int, w http.ResponseWriter) {
		switch n {
		case 2: // a refusal costs nothing
			w.WriteHeader(http.StatusServiceUnavailable)
		case 3: // what does not say its tokens may have cost the most
			write(w, `{"choices":[{"message":{"content":"OK"},"finish_reason":"stop"}]}`)
		default:
			write(w, answer("m", "OK"))
		}
	})
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC))
	plan := fleet.ProbePlan{ProbeSpec: fleet.ProbeSpec{MaxPerDay: fleet.Some(usd(t, "0.0008"))}, Payers: payer(t)}
	r := open(t, plan, clock, m.URL)
	for i, want := range []string{"0.000029", "0.000029", "0.000389", "0.000418", "0.000447"} {
		p, _ := r.Read(t.Context())
		if p.Probe == nil || !p.Probe.Spent.OK || !p.Probe.Spent.V.Amount().Equal(usd(t, want).Amount()) {
			t.Fatalf("%d: %+v, want %s", i, p.Probe, want)
		}
	}
	n := len(m.requests())
	p, err := r.Read(t.Context())
	if err != nil || p.Probe.Paused.String() != "no probe is sent before 00:00Z: $0.00045 of $0.00080 a day are spent, and one more may cost $0.00036" ||
		p.Incomplete != p.Probe.Paused || len(m.requests()) != n {
		t.Errorf("%v %+v after %d", err, p.Probe, len(m.requests()))
	}
	if err := clock.Advance(t.Context(), 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	if p, err := r.Read(t.Context()); err != nil || !p.Probe.OK || !p.Probe.Spent.V.Amount().Equal(usd(t, "0.000029").Amount()) {
		t.Errorf("the next day: %v %+v", err, p.Probe)
	}
}

// broken is a purse that cannot be written.
type broken struct{ pocket.Pocket }

func (*broken) Spend(fleet.SourceID, time.Time, fleet.Money) error { return fmt.Errorf("disk full") }

func TestWhatCannotBePaidIsNotSent(t *testing.T) {
	m := serve(t, func(_ int, w http.ResponseWriter) { write(w, answer("m", "OK")) })
	spec := func(p fleet.ProbePlan) fleet.SourceSpec {
		return fleet.SourceSpec{ID: "probe/x", URL: m.URL, Models: []fleet.ModelName{"m"}, Probe: &p}
	}
	limit := fleet.ProbeSpec{MaxPerDay: fleet.Some(usd(t, "1"))}
	insecure := spec(fleet.ProbePlan{ProbeSpec: limit, Payers: payer(t)})
	insecure.TLS.Insecure = true
	for want, s := range map[string]fleet.SourceSpec{
		"add a price":             spec(fleet.ProbePlan{ProbeSpec: limit, Payers: []fleet.ProbePayer{{Provider: "p", Kind: "openai", Model: "m"}}}),
		"write max_usd_per_day":   spec(fleet.ProbePlan{Payers: payer(t)}),
		"TLS is not verified":     insecure,
		"no source by itself":     {ID: "x", URL: m.URL},
		"only http and https are": {ID: "x", URL: "ftp://x", Models: []fleet.ModelName{"m"}, Probe: &fleet.ProbePlan{}},
	} {
		if _, err := newReader(s, fleet.Deps{Clock: fleet.SystemClock{}}); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	r, err := newReader(spec(fleet.ProbePlan{ProbeSpec: limit, Payers: payer(t)}), fleet.Deps{Clock: fleet.SystemClock{}, Purse: &broken{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindInternal || len(m.requests()) != 0 {
		t.Errorf("%v after %d requests", err, len(m.requests()))
	}
}

func TestAProbeEndsWithItsDeadline(t *testing.T) {
	stop := make(chan struct{})
	m := serve(t, func(int, http.ResponseWriter) { <-stop })
	defer close(stop)
	plan := fleet.ProbePlan{ProbeSpec: fleet.ProbeSpec{MaxPerDay: fleet.Some(usd(t, "1"))}, Payers: payer(t)}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	p, err := open(t, plan, fleet.SystemClock{}, m.URL).Read(ctx)
	if fleet.KindOf(err) != fleet.KindTimeout || p.Probe.OK || !p.Probe.Spent.V.Amount().Equal(usd(t, "0.00036").Amount()) {
		t.Errorf("what hangs may have cost the most: %v %+v", err, p.Probe)
	}
}

func TestOpenAIsOwnAPITakesTheNewLimit(t *testing.T) {
	if !newLimit("https://api.openai.com/v1") || newLimit("http://10.0.0.1:8000") || newLimit("https://api.openai.com.evil/v1") {
		t.Error("the name of the limit does not go by the address")
	}
}
