package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pitwall/backends"
	"pitwall/backends/books"
	"pitwall/backends/history"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/fleet/advisory"
	"pitwall/internal/config"
	"pitwall/internal/logfile"
	"pitwall/internal/pricefile"
	"pitwall/internal/purse"
	"pitwall/internal/secrets"
)

// session is one run on one fleet: what was configured, its Hub, and where its state lives.
type session struct {
	inventory fleet.Inventory
	file      *config.File // nil in the demo
	clock     fleet.Clock
	deps      fleet.Deps
	set       registry.Set
	hub       *backends.Hub
	stateDir  string
	log       *logfile.Log // nil where it could not be opened
	warnings  []fleet.Safe
	prices    *pricefile.Live // nil in the demo, which has the built-in list
	// advisories is the site's data pack, nil for the one that is compiled in.
	advisories *advisory.Pack
	sim        *sim.Fleet                // nil outside of the demo
	drive      func(ctx context.Context) // moves the demo's clock, nil outside of it
	warm       time.Duration             // how long a command watches before it trusts rates
	closers    []func() error
	exercise   *exercise // nil outside of a drill in the console
	film       *film     // nil where nothing is recorded
	unread     bool      // the last rehearsals cannot be read, which was logged
}

// warn tells commands without a screen what this run lacks.
func (s *session) warn(w io.Writer) {
	for _, line := range s.warnings {
		fmt.Fprintln(w, "pitwall:", line)
	}
}

// close ends what the session opened, the newest first.
func (s *session) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		if err := s.closers[i](); err != nil && s.deps.Log != nil {
			s.deps.Log.Warn("close", "err", err)
		}
	}
}

// openConfigured finds and reads the configuration and prepares a session on one of its contexts.
func openConfigured(f *flags, c console) (*session, error) {
	file, name, warning, err := configured(f, c)
	if err != nil {
		return nil, usage(err)
	}
	picked, err := file.Pick(name)
	if err != nil {
		return nil, usage(err)
	}
	set := registry.Set(registry.Connectors())
	inv, err := picked.Inventory(set.Interval)
	if err != nil {
		return nil, usage(err)
	}
	s := &session{inventory: inv, file: file, clock: fleet.SystemClock{}, set: set, warm: warmTime}
	if !warning.IsEmpty() {
		s.warnings = append(s.warnings, warning)
	}
	s.stateDir = config.StateDir(first(f.stateDir, file.StateDir), c.environ)
	s.openLog(f)
	resolver := secrets.Resolver{Environ: os.LookupEnv, Seen: s.redact}
	s.deps = fleet.Deps{Clock: s.clock, Log: s.logger(), Secret: resolver.Resolve}
	s.saveMemory(c.environ("GOGC"))
	prices, err := loadPrices(file, filepath.Join(s.stateDir, "prices"))
	if err != nil {
		return nil, usage(err)
	}
	s.warnings = append(s.warnings, prices.Warnings...)
	s.prices = pricefile.NewLive(prices, time.Now())
	if s.advisories, err = loadAdvisories(file.Advisory); err != nil {
		return nil, usage(err)
	}
	s.openHub(s.prices)
	return s, nil
}

// noConfig says where a configuration was looked for and what to do next.
func noConfig(looked []string) string {
	return "no configuration was found; looked for " + strings.Join(looked, ", ") + "\n" +
		"try the embedded fleet:       pitwall demo\n" +
		"write one from the example:   pitwall config example > ~/.config/pitwall/config.yaml\n" +
		"check it before you use it:   pitwall config check FILE"
}

func first(list ...string) string {
	for _, v := range list {
		if v != "" {
			return v
		}
	}
	return ""
}

// loadAdvisories reads a site's data pack; nil takes the one that is compiled in.
func loadAdvisories(path string) (*advisory.Pack, error) {
	if path == "" {
		return nil, nil
	}
	body, err := os.ReadFile(path)
	if err == nil {
		var pack *advisory.Pack
		if pack, err = advisory.Read(body); err == nil {
			return pack, nil
		}
	}
	return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "read advisories", Err: err,
		Next: "without the key the built-in pack is used"}
}

// openLog opens the log under the state directory. Without one pitwall still runs.
func (s *session) openLog(f *flags) {
	path := first(f.logFile, filepath.Join(s.stateDir, "pitwall.log"))
	log, err := logfile.Open(path)
	if err != nil {
		s.warnings = append(s.warnings, fleet.Concat(fleet.Text("no log is written: "), fleet.Sentence(err)))
		return
	}
	s.log = log
	s.closers = append(s.closers, log.Close)
}

func (s *session) logger() *slog.Logger {
	if s.log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.log.Logger
}

func (s *session) redact(v fleet.Secret) {
	if s.log != nil {
		s.log.Redact(v)
	}
}

// openHub opens every source and the look-back file. A source that cannot be opened is shown with its problem.
func (s *session) openHub(prices backends.Prices) {
	s.deps = s.set.Equip(s.deps, s.inventory.Sources)
	s.deps.Prices = prices.Price
	s.openPurse()
	readers, problems := s.set.Readers(s.inventory.Sources, s.deps)
	store, err := history.Open(s.historyDir(), s.inventory.Retention.Days)
	if err != nil {
		s.warnings = append(s.warnings, fleet.Sentence(err))
		store = nil
	}
	accounts := s.openBooks()
	s.hub = backends.New(backends.Options{Books: accounts, Inventory: s.inventory, Readers: readers, Problems: problems,
		Clock: s.clock, Log: s.deps.Log, Prices: prices, History: store,
		Open: func(spec fleet.SourceSpec) (fleet.Reader, error) { return s.set.Open(spec, s.deps) }})
}

// openBooks opens what is on file of money. Books that cannot be kept work in memory.
func (s *session) openBooks() *books.Books {
	dir := filepath.Join(s.stateDir, "books", s.contextDir())
	if s.sim != nil {
		dir = "" // its money is played
	}
	b, err := books.Open(dir, s.clock.Now)
	if err != nil {
		s.warnings = append(s.warnings, fleet.Sentence(err))
	}
	return b
}

// openPurse opens what probes spent. Without it none that costs money is sent.
func (s *session) openPurse() {
	if s.sim != nil {
		return // its money is played
	}
	p, err := purse.Open(filepath.Join(s.stateDir, "probes", s.contextDir()), s.clock.Now())
	if err != nil {
		s.warnings = append(s.warnings, fleet.Sentence(err))
		s.deps.Purse = purse.Closed{Err: err}
		return
	}
	s.deps.Purse = p
}

// historyDir is the folder of the context's look-back. Names of contexts are free text, such as those of a kubeconfig.
func (s *session) historyDir() string { return filepath.Join(s.stateDir, "history", s.contextDir()) }

// contextDir is the context's name as that of a folder.
func (s *session) contextDir() string {
	name := strings.NewReplacer("%", "%25", "/", "%2F", "\x00", "%00").Replace(s.inventory.Context)
	if strings.HasPrefix(name, ".") {
		name = "%2E" + name[1:]
	}
	return name
}

// start runs the Hub until ctx ends and returns a function that waits for it. The demo's clock only moves once the
// Hub's own tasks are on it, so that no poll is missed.
func (s *session) start(ctx context.Context) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.hub.Run(ctx)
	}()
	if s.drive != nil {
		go func() {
			if _, err := s.hub.Next(ctx, 0); err == nil {
				s.drive(ctx)
			}
		}()
	}
	watched := s.watchPrices(ctx)
	return func() {
		<-done
		<-watched
	}
}

// settle waits until every source was tried once, or for the given time of the machine.
func (s *session) settle(ctx context.Context, atMost time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	var gen uint64
	for {
		snap, err := s.hub.Next(ctx, gen)
		if err != nil || tried(snap) {
			return
		}
		gen = snap.Gen
	}
}

// watch lets the session's warm-up pass on its clock, for as long as anything is read and it is not enough.
func (s *session) watch(ctx context.Context, enough func(*fleet.Snapshot) bool) {
	_ = s.watchUnless(ctx, enough, func() error { return nil }) // nothing is refused
}

// watchUnless also asks, once all of the fleet is known, whether what is wanted is refused, and then waits no longer.
func (s *session) watchUnless(ctx context.Context, enough func(*fleet.Snapshot) bool, refused func() error) error {
	until := s.clock.Now().Add(s.warm)
	var gen uint64
	for asked := false; s.clock.Now().Before(until); {
		snap, err := s.hub.Next(ctx, gen)
		if err != nil || !anyRead(snap) || enough(snap) {
			return nil //nolint:nilerr // who watches asks ctx
		}
		if !asked && known(snap) {
			asked = true
			err := refused()
			switch fleet.KindOf(err) {
			case fleet.KindInvalid, fleet.KindNotFound, fleet.KindUnsupported:
				return err
			default: // nothing, or what a later reading may mend
			}
		}
		gen = snap.Gen
	}
	return nil
}

// known tells whether every source was read and works, and every cluster is listed: a name that is not there does not exist.
// Bills and accounts of machines name nothing that could be meant; they are slow, and may be refused for long.
func known(snap *fleet.Snapshot) bool {
	return listed(snap) && !slices.ContainsFunc(snap.Sources, func(src fleet.SourceStatus) bool {
		money := src.Subject.About == fleet.AboutBill || src.Subject.Account != ""
		return !money && (untold(&src) || src.Failing > 0 || src.ErrKind != "")
	})
}

// hopeless is enough for a change, whose figures are taken over the whole warm-up otherwise: where no gateway replica
// answered there is nothing to plan on.
func hopeless(s *fleet.Snapshot) bool {
	return !slices.ContainsFunc(s.Sources, func(src fleet.SourceStatus) bool {
		return src.Subject.Gateway != "" && src.Subject.About == fleet.AboutItself && !src.LastGood.IsZero()
	})
}

// readTwice is enough for a picture: each source that works and is read that often gave its rates.
func (s *session) readTwice(snap *fleet.Snapshot) bool {
	return s.sim == nil && !slices.ContainsFunc(snap.Sources, func(src fleet.SourceStatus) bool {
		return src.Subject.About != fleet.AboutProbe && src.Reads == 1 && src.Failing == 0 && src.Interval < s.warm
	})
}

// readOften tells whether each source of a pool that works and is read that often was read so many times. Two readings
// give rates.
func readOften(snap *fleet.Snapshot, times uint64) bool {
	return !slices.ContainsFunc(snap.Sources, func(src fleet.SourceStatus) bool {
		return src.Subject.Pool != "" && src.Subject.About == fleet.AboutItself && src.Reads < times && src.Failing == 0 &&
			src.Interval < warmTime
	})
}

// anyRead tells whether at least one source ever answered: only then is there a rate to wait for.
func anyRead(s *fleet.Snapshot) bool {
	return slices.ContainsFunc(s.Sources, func(src fleet.SourceStatus) bool { return !src.LastGood.IsZero() })
}

// untold tells whether nothing is known of a source. What the books have of a bill is an answer, though nobody asked again.
func untold(src *fleet.SourceStatus) bool { return src.Reads == 0 && src.LastGood.IsZero() }

func tried(s *fleet.Snapshot) bool {
	for _, src := range s.Sources {
		if untold(&src) && src.ErrKind == "" {
			return false
		}
	}
	return true
}
