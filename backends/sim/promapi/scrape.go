package promapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"pitwall/fleet"
)

// Scraper reads the pages of a simulated fleet as a Prometheus does and keeps them in a Ring. It begins with the first
// question, so that a fleet that nobody asks costs nothing.
type Scraper struct {
	ring    *Ring
	clock   fleet.Clock
	every   time.Duration
	client  *http.Client
	targets []*scraped
	past    func(labels.Labels) Past

	begin  sync.Once
	first  chan struct{} // closed once every target was scraped
	cancel context.CancelFunc
	ctx    context.Context
	ended  sync.WaitGroup
}

// Scraped declares a target: where its page is, and the labels that the store puts on its series.
type Scraped struct {
	URL    string
	Pool   string
	Labels map[string]string
}

// scraped is a target with what was last seen of it.
type scraped struct {
	Scraped
	own labels.Labels

	mu     sync.Mutex
	health string
	err    string
	last   time.Time
	took   time.Duration
	live   map[string]labels.Labels // series of the last page
}

const (
	keepSamples = 10 * time.Minute
	mostSeries  = 200_000
	mostPage    = 16 << 20
	scrapeTime  = 5 * time.Second
)

// NewScraper returns a scraper that has not begun. Every target is read each time that every has passed on the clock.
func NewScraper(clock fleet.Clock, every time.Duration, list []Scraped) *Scraper {
	s := &Scraper{ring: NewRing(keepSamples, mostSeries), clock: clock, every: every, first: make(chan struct{}),
		client: &http.Client{Timeout: scrapeTime}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for _, t := range list {
		s.targets = append(s.targets, &scraped{Scraped: t, own: labels.FromMap(t.Labels), health: "unknown",
			live: map[string]labels.Labels{}})
	}
	return s
}

// Recall gives the series of the first scrape a past, before it begins.
func (s *Scraper) Recall(of func(labels.Labels) Past) { s.past = of }

// Data is what was scraped.
func (s *Scraper) Data() *Ring { return s.ring }

// Begin starts to scrape, once, and returns when every target was scraped a first time. It does nothing after Close.
func (s *Scraper) Begin() {
	s.begin.Do(func() {
		if s.ctx.Err() != nil {
			close(s.first)
			return
		}
		task := s.clock.Task()
		s.ended.Go(func() {
			defer task.Done()
			s.Once()
			if s.past != nil {
				s.ring.Recall(s.past)
			}
			close(s.first)
			for task.Sleep(s.ctx, s.every) == nil {
				s.Once()
			}
		})
	})
	<-s.first
}

// Close ends scraping and waits for it.
func (s *Scraper) Close() {
	s.cancel()
	s.ended.Wait()
	s.client.CloseIdleConnections()
}

// Once scrapes every target now.
func (s *Scraper) Once() {
	now := s.clock.Now()
	for _, t := range s.targets {
		s.scrape(t, now)
	}
	s.ring.Prune(now.UnixMilli())
}

func (s *Scraper) scrape(t *scraped, now time.Time) {
	began := time.Now() // how long a page takes is real time
	body, err := s.page(t.URL)
	at := now.UnixMilli()
	live, samples := map[string]labels.Labels{}, 0
	if err == nil {
		samples, err = s.keep(t, body, at, live)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last, t.took, t.health, t.err = now, time.Since(began), "up", ""
	up := 1.0
	if err != nil {
		up, t.health, t.err = 0, "down", err.Error()
		live = map[string]labels.Labels{}
	}
	for key, l := range t.live {
		if _, here := live[key]; !here {
			s.ring.Append(l, at, stale)
		}
	}
	t.live = live
	for name, v := range map[string]float64{"up": up, "scrape_duration_seconds": t.took.Seconds(),
		"scrape_samples_scraped": float64(samples)} {
		s.ring.Append(named(t.own, name), at, v)
	}
}

func named(own labels.Labels, name string) labels.Labels {
	b := labels.NewBuilder(own)
	b.Set(nameLabel, name)
	return b.Labels()
}

func (s *Scraper) page(url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/plain;version=0.0.4")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New("server returned HTTP status " + resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, mostPage))
}

// keep takes a page apart. A page that is not whole is not used: its series are looked at before the first is kept.
func (s *Scraper) keep(t *scraped, body []byte, at int64, live map[string]labels.Labels) (int, error) {
	type row struct {
		l labels.Labels
		v float64
	}
	var rows []row
	p := textparse.NewPromParser(body, labels.NewSymbolTable(), false)
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		var l labels.Labels
		p.Labels(&l)
		_, _, v := p.Series()
		rows = append(rows, row{attach(l, t.own), v})
	}
	for _, r := range rows {
		if s.ring.Append(r.l, at, r.v) {
			live[r.l.String()] = r.l
		}
	}
	return len(rows), nil
}

// attach puts the target's labels on a series. A label of the page that is in their way is moved under "exported_".
func attach(l, own labels.Labels) labels.Labels {
	b := labels.NewBuilder(l)
	own.Range(func(x labels.Label) {
		if v := l.Get(x.Name); v != "" {
			b.Set("exported_"+x.Name, v)
		}
		b.Set(x.Name, x.Value)
	})
	return b.Labels()
}

// Targets lists the targets in order of their scrape pools and addresses.
func (s *Scraper) Targets(time.Time) []Target {
	var out []Target
	for _, t := range s.targets {
		t.mu.Lock()
		out = append(out, Target{Labels: t.own, Pool: t.Pool, URL: t.URL, Health: t.health, Err: t.err, Last: t.last,
			Took: t.took, Interval: s.every})
		t.mu.Unlock()
	}
	slices.SortStableFunc(out, func(a, b Target) int { return strings.Compare(a.Pool+a.URL, b.Pool+b.URL) })
	return out
}
