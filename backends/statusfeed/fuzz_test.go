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
	var readers []*reader
	for _, c := range Connectors() {
		r := contract.Open(f, c, fleet.SourceSpec{Kind: c.Kind, File: "/nowhere", Models: []fleet.ModelName{"gpt-4o"},
			Options: map[string]string{OptionComponents: "a\nVertex", OptionRegions: "us-east-1"}}, fleet.NewVirtualClock(time.Unix(0, 0)))
		readers = append(readers, r.(*reader))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, r := range readers {
			text, err := r.text(body)
			if err != nil {
				continue
			}
			s, err := r.format.decode(t.Context(), r, text)
			if err != nil {
				if fleet.KindOf(err) != fleet.KindInvalid {
					t.Fatalf("%s: %v", r.spec.Kind, err)
				}
				continue
			}
			r.finish(s)
			if len(s.Incidents) > mostIncidents || !fleet.IsClean(s.Words().String()) {
				t.Fatalf("%s: %d incidents, %q", r.spec.Kind, len(s.Incidents), s.Words())
			}
			for i := 1; i < len(s.Incidents); i++ {
				if s.Incidents[i].Impact.Rank() > s.Incidents[i-1].Impact.Rank() {
					t.Fatalf("%s: the worst is not first", r.spec.Kind)
				}
			}
		}
	})
}
