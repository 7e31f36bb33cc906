package statusfeed

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// sample reads a sample from beside the checkout, or skips the test: samples are not part of the repository.
func sample(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "billing", "fixtures", name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the recorded samples are not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// From a page that wants a browser nothing is learnt.
func TestTheRecordedChallenge(t *testing.T) {
	body := sample(t, "status_bot_challenge_405.html")
	for _, status := range []int{http.StatusMethodNotAllowed, http.StatusOK} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		p, err := contract.Open(t, connector(t, "statuspage"), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{}).Read(t.Context())
		if err == nil || p.Status != nil || !fleet.IsClean(err.Error()) {
			t.Errorf("%d: %v, %+v", status, err, p.Status)
		}
		s.Close()
	}
}

func TestSamples(t *testing.T) {
	for _, c := range []struct {
		file, kind  string
		spec        fleet.SourceSpec
		open, hurt  int
		planned     int
		says, since string
	}{
		{"statuspage_summary_ok.json", "statuspage", watching("Claude API", ""), 0, 0, 0, "", ""},
		{"statuspage_summary_incident.json", "statuspage", watching("Claude API", ""), 1, 1, 1, "Elevated errors on requests (major, investigating)", "2026-11-01T09:50:00Z"},
		{"statuspage_summary_incident.json", "statuspage", watching("claude.ai", ""), 0, 0, 1, "", ""},
		{"statuspage_incidentio_openai.json", "statuspage", watching("Chat Completions", ""), 0, 0, 0, "", ""},
		{"gcp_status_incidents.json", "google-status", watching("", "us-central1"), 1, 0, 0, "Elevated 503 errors", "2026-11-01T09:40:00Z"},
		{"gcp_status_incidents.json", "google-status", watching("", "europe-west4"), 0, 0, 0, "", ""},
		{"aws_currentevents.utf16be.json", "aws-status", watching("", "us-east-1"), 1, 0, 0, "Increased error rates (status 2)", "2026-11-01T"},
		{"aws_currentevents.utf8.json", "aws-status", watching("", ""), 1, 0, 0, "Increased error rates (status 2)", "2026-11-01T"},
		{"aws_currentevents_empty.utf16be.json", "aws-status", fleet.SourceSpec{}, 0, 0, 0, "", ""},
		{"azure_status.rss", "azure-status", watching("", "East US"), 1, 0, 0, "Azure OpenAI - East US", "2026-11-01T10:00:00Z"},
	} {
		t.Run(c.file, func(t *testing.T) {
			s, _ := decode(t, c.kind, sample(t, c.file), c.spec)
			open := s.Open()
			planned := 0
			for _, in := range s.Incidents {
				if in.Impact == fleet.ImpactPlanned {
					planned++
				}
			}
			if len(open) != c.open || len(s.Hurt()) != c.hurt || planned != c.planned || !strings.HasPrefix(s.Words().String(), c.says) ||
				c.says == "" && !s.Words().IsEmpty() {
				t.Fatalf("%q, %+v", s.Words(), s)
			}
			if c.open > 0 && !strings.HasPrefix(open[0].Since.V.Format(time.RFC3339), c.since) {
				t.Errorf("since %s", open[0].Since.V)
			}
		})
	}
}
