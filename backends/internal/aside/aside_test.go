package aside_test

import (
	"context"
	"testing"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/contract"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

func TestAFactIsAskedSeldomAndSoonerUntilItIsKnown(t *testing.T) {
	var f aside.Fact[string]
	asked, answer := 0, ""
	get := func(at time.Duration) string {
		return f.Get(t.Context(), contract.Start().Add(at), time.Minute, func(context.Context) (string, bool) {
			asked++
			return answer, answer != ""
		})
	}
	for _, c := range []struct {
		at     time.Duration
		answer string
		want   string
		asked  int
	}{
		{0, "", "", 1}, {9 * time.Second, "", "", 1}, {10 * time.Second, "", "", 2}, {20 * time.Second, "one", "one", 3},
		{79 * time.Second, "two", "one", 3}, {80 * time.Second, "two", "two", 4}, {140 * time.Second, "", "two", 5},
	} {
		answer = c.answer
		if got := get(c.at); got != c.want || asked != c.asked {
			t.Errorf("after %s: %q, asked %d times; want %q, %d", c.at, got, asked, c.want, c.asked)
		}
	}
}

func TestHealthClaims(t *testing.T) {
	for status, want := range map[int]fleet.Maybe[bool]{200: fleet.Some(true), 204: fleet.Some(true), 503: fleet.Some(false),
		500: fleet.Some(false), 404: {}, 401: {}, 429: {}} {
		s := contract.ServeAnswers(t, func(string) *contract.Answer { return &contract.Answer{Status: status} })
		if got, reply := aside.Health(t.Context(), client(t, s.URL), "/health"); got != want || reply == nil && status != 200 && status != 204 {
			t.Errorf("%d: %v", status, got)
		}
	}
	if got, reply := aside.Health(t.Context(), client(t, "http://127.0.0.1:1"), "/health"); got.OK || reply != nil {
		t.Errorf("nothing listens: %v", got)
	}
}

func TestNamesThatServersSay(t *testing.T) {
	for body, want := range map[string]fleet.ModelName{
		`{"data":[{"id":"a"},{"id":"b"}]}`: "a", `{"data":[]}`: "", `{"data":[{"id":""}]}`: "", `[]`: "", `broken`: "",
	} {
		s := contract.ServeAnswers(t, func(string) *contract.Answer { return &contract.Answer{Body: body} })
		if got, ok := aside.ServedModel(client(t, s.URL))(t.Context()); got != want || ok != (want != "") {
			t.Errorf("%s: %q", body, got)
		}
	}
	s := contract.ServeAnswers(t, func(string) *contract.Answer { return &contract.Answer{Body: `{"version":"1.2\u001b"}`} })
	if got, ok := aside.Version(client(t, s.URL))(t.Context()); !ok || !fleet.IsClean(got.String()) {
		t.Errorf("%q", got)
	}
}

func client(t *testing.T, url string) *httpx.Client {
	t.Helper()
	c, err := httpx.New(httpx.For(fleet.SourceSpec{ID: "r"}, url, contract.Deps()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
