package statusfeed

import (
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// Whatever a feed holds is read or refused; what is kept is bounded, the worst first, and in words that a screen can take.
func FuzzFeeds(f *testing.F) {
	for _, body := range []string{groups, googleList("x"), inUTF16(awsList("x")), awsList("x"), azureFeed("x"), endpoints("x"), "\xff\xfe", "[]", "<rss>"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, c := range Connectors() {
			r := contract.Open(t, c, fleet.SourceSpec{URL: "http://192.0.2.1", Options: map[string]string{OptionComponents: "a\nVertex", OptionRegions: "us-east-1"},
				Models: []fleet.ModelName{"gpt-4o"}}, fleet.NewVirtualClock(time.Unix(0, 0))).(*reader)
			r.client = nil // nothing is asked
			text, err := r.text(body)
			if err != nil {
				continue
			}
			s, err := r.format.decode(t.Context(), r, text)
			if err != nil {
				if fleet.KindOf(err) != fleet.KindInvalid {
					t.Fatalf("%s: %v", c.Kind, err)
				}
				continue
			}
			r.finish(s)
			if len(s.Incidents) > mostIncidents || !fleet.IsClean(s.Words().String()) {
				t.Fatalf("%s: %d incidents, %q", c.Kind, len(s.Incidents), s.Words())
			}
			for i := 1; i < len(s.Incidents); i++ {
				if s.Incidents[i].Impact.Rank() > s.Incidents[i-1].Impact.Rank() {
					t.Fatalf("%s: the worst is not first", c.Kind)
				}
			}
		}
	})
}
