package sim

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// noon is when test worlds are first shown.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// listen starts a fleet on a virtual clock.
func listen(t *testing.T, o Options) (*Fleet, *fleet.VirtualClock) {
	t.Helper()
	clock := fleet.NewVirtualClock(noon)
	o.Clock = clock
	f, err := Listen(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, clock
}

func get(t *testing.T, url string, withKey bool) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if withKey {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestEverySourceOfTheInventoryAnswers(t *testing.T) {
	f, _ := listen(t, Options{})
	inv := f.Inventory()
	if len(inv.Sources) == 0 {
		t.Fatal("the inventory has no sources")
	}
	want := map[string]string{"vllm": "vllm:num_requests_running", "dcgm": "DCGM_FI_DEV_", "litellm": "litellm_", "openai": `"data"`}
	for _, s := range inv.Sources {
		url := s.URL
		switch s.Kind {
		case "vllm", "litellm":
			url += "/metrics"
		case "openai":
			url += "/models"
		}
		resp, body := get(t, url, true)
		if resp.StatusCode != http.StatusOK || !strings.Contains(body, want[s.Kind]) {
			t.Errorf("%s: %s answered %d without %q", s.ID, url, resp.StatusCode, want[s.Kind])
		}
		if got := resp.Header.Get("Date"); got != noon.Format(http.TimeFormat) {
			t.Errorf("%s: date %q is not the clock's", s.ID, got)
		}
		if s.Timeout >= s.Interval {
			t.Errorf("%s: the deadline %s is not shorter than the interval %s", s.ID, s.Timeout, s.Interval)
		}
	}
}
