// Package contract is the suite that every adapter's Reader passes: what it does with a good answer and with each
// kind of bad one. It must not know any system; a Case describes one adapter.
package contract

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// Page is one answer of the system. Type is its content type.
type Page struct {
	Type   string
	Header http.Header
	Body   string
}

// Case describes one adapter.
type Case struct {
	// New is the connector's NewReader.
	New func(fleet.SourceSpec, fleet.Deps) (fleet.Reader, error)
	// Spec adds what the adapter needs to the source; nil adds nothing. The URL is the
	// server's address, to which Path is appended.
	Spec func(*fleet.SourceSpec)
	Path string
	// Pages are the good answers by path. Main is the path without which a read fails.
	Pages map[string]Page
	Main  string
	// Judge checks the partial of a good read, with numbers.
	Judge func(testing.TB, fleet.Partial)
	// WrongType is the main page with a needed value of the wrong type. A read of it must fail as
	// invalid, or give a notice and pass JudgeWrong, which checks that no number was made of it.
	WrongType  Page
	JudgeWrong func(testing.TB, fleet.Partial)
	// Hostile builds the pages with the given text in every name and label that the system
	// takes from others, escaped as its format wants.
	Hostile func(text string) map[string]Page
	// Series builds a main page of n series or entries; a read of 200,000 must succeed or be refused as invalid.
	Series func(n int) Page
	// Method is that by which the pages are asked for; "" means GET.
	Method string
	// NoAuth says that the system takes no credential.
	NoAuth bool
	// Credential stands for the suite's own where it must have a form of its own: a key that signs, of which requests show Shown.
	Credential, Shown string
}

const (
	secret   = "contract-secret-1f9b"
	patience = 2 * time.Minute       // for answers that must come, on a machine that is busy with other things
	deadline = 80 * time.Millisecond // for answers that never come
)

// Start is the time at which the clock of every case stands.
func Start() time.Time { return time.Date(2026, 11, 22, 9, 14, 0, 0, time.UTC) }

// Run runs the suite.
func Run(t *testing.T, c Case) {
	t.Helper()
	t.Run("good", c.good)
	t.Run("skew", c.skew)
	t.Run("credential", c.credential)
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) { c.fault(t, f) })
	}
	t.Run("oversized", c.oversized)
	t.Run("redirect", c.redirect)
	t.Run("cut", c.cut)
	t.Run("wrong type", c.wrongType)
	t.Run("hostile", c.hostile)
	t.Run("200k series", c.series)
	t.Run("recovers", c.recovers)
}

// reader builds the adapter under test against a server.
func (c Case) reader(t *testing.T, s *server) fleet.Reader {
	t.Helper()
	spec := fleet.SourceSpec{ID: "contract", Kind: "contract", URL: s.URL + c.Path,
		Interval: 5 * time.Second, Timeout: 4 * time.Second}
	if !c.NoAuth {
		spec.Auth = fleet.SecretRef{Env: "CONTRACT_KEY"}
	}
	if c.Spec != nil {
		c.Spec(&spec)
	}
	deps := Deps()
	if c.Credential != "" {
		deps.Secret = func(context.Context, fleet.SecretRef) (fleet.Secret, error) {
			return fleet.NewSecret(c.Credential), nil
		}
	}
	r, err := c.New(spec, deps)
	if err != nil {
		t.Fatalf("no reader for a good source: %v", err)
	}
	return r
}

// Deps are the dependencies that the suite gives to adapters: a clock that stands at Start and one secret.
func Deps() fleet.Deps {
	return fleet.Deps{
		Clock: fleet.NewVirtualClock(Start()),
		Secret: func(_ context.Context, ref fleet.SecretRef) (fleet.Secret, error) {
			if ref.IsZero() {
				return fleet.Secret{}, nil
			}
			return fleet.NewSecret(secret), nil
		},
	}
}

func read(r fleet.Reader, limit time.Duration) (fleet.Partial, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return r.Read(ctx)
}

func (c Case) good(t *testing.T) {
	s := c.serve(t, nil)
	p, err := read(c.reader(t, s), patience)
	if err != nil {
		t.Fatalf("a good answer was refused: %v", err)
	}
	if !p.At.Equal(Start()) {
		t.Errorf("At is %v, want the clock's time %v", p.At, Start())
	}
	checkSafe(t, p)
	c.Judge(t, p)
}

// skew: a server whose clock is an hour behind is read as it is, and says what time it takes it to be.
func (c Case) skew(t *testing.T) {
	then := Start().Add(-time.Hour)
	s := c.serve(t, nil)
	s.setDate(then)
	p, err := read(c.reader(t, s), patience)
	if err != nil {
		t.Fatal(err)
	}
	if !p.ServerTime.OK || !p.ServerTime.V.Equal(then) {
		t.Errorf("ServerTime is %v, want %v", p.ServerTime, then)
	}
	c.Judge(t, p)
}

func (c Case) credential(t *testing.T) {
	if c.NoAuth {
		t.Skip("the system takes no credential")
	}
	s := c.serve(t, nil)
	if _, err := read(c.reader(t, s), patience); err != nil {
		t.Fatal(err)
	}
	if !s.sawSecret() {
		t.Errorf("the credential did not reach %s", c.Main)
	}
}

// recovers: after a failure the same reader reads on.
func (c Case) recovers(t *testing.T) {
	s := c.serve(t, status(http.StatusInternalServerError, nil))
	r := c.reader(t, s)
	if _, err := read(r, patience); err == nil {
		t.Fatal("a 500 was taken for an answer")
	}
	s.setMain(nil)
	p, err := read(r, patience)
	if err != nil {
		t.Fatal(err)
	}
	c.Judge(t, p)
}

// with returns the good pages with another main page.
func (c Case) with(main Page) map[string]Page {
	pages := maps.Clone(c.Pages)
	pages[c.Main] = main
	return pages
}

// checkError holds for every failure: its kind, no secret in it, a sentence of one line that a screen can take.
func (c Case) checkError(t *testing.T, err error, want fleet.Kind) {
	t.Helper()
	if got := fleet.KindOf(err); got != want {
		t.Errorf("error of kind %q, want %q: %v", got, want, err)
	}
	if err == nil {
		return
	}
	text := err.Error()
	if strings.Contains(text, cmp.Or(c.Credential, secret)) || c.Shown != "" && strings.Contains(text, c.Shown) {
		t.Errorf("the error shows the credential: %s", text)
	}
	if len(text) > 400 || !fleet.IsClean(text) {
		t.Errorf("the error is not a clean sentence: %q", text)
	}
}
