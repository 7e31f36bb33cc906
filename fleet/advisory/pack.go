package advisory

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// embedded holds facts re-expressed in pitwall's own schema; each product names where and when they were read.
//
//go:embed pack.json
var embedded []byte

// Pack is what is known, as of a date.
type Pack struct {
	AsOf     Date      `json:"asOf"` // of the newest complete source
	Products []Product `json:"products"`
	Drivers  []Branch  `json:"drivers"`  // fixed driver versions, by bulletin and branch; NVIDIA data-centre GPUs on Linux
	CUDA     []Toolkit `json:"cuda"`     // what a release of CUDA asks of the driver
	Runtimes []Runtime `json:"runtimes"` // what releases of engines are built on
}

// Product is one engine, with how it is recognised and what is known against it.
type Product struct {
	Name     string   `json:"name"`
	Images   []string `json:"images"` // parts of the repository of an image, such as "vllm-openai"
	Source   string   `json:"source"`
	AsOf     Date     `json:"asOf"`
	Complete bool     `json:"complete"` // all advisories of the source are listed; false: some are
	Known    []Known  `json:"known"`
}

// Known is one entry of an advisory.
type Known struct {
	IDs   []string `json:"ids"`             // CVE numbers
	In    string   `json:"in"`              // bulletin or advisory
	From  string   `json:"from,omitempty"`  // first affected version; "" for all before Fixed
	Fixed string   `json:"fixed"`           // first version with the fix; "" for none
	CVSS  float64  `json:"cvss"`            // the greatest base score
	Local bool     `json:"local,omitempty"` // not reachable over the network; what is not said counts as reachable
}

// Branch is the version of one driver branch that a bulletin fixes.
type Branch struct {
	Bulletin string  `json:"bulletin"`
	Date     Date    `json:"date"` // of its newest revision
	Branch   int     `json:"branch"`
	Fixed    string  `json:"fixed"`
	CVSS     float64 `json:"cvss"`
}

// Toolkit is one release of CUDA.
type Toolkit struct {
	Release string `json:"release"` // "12.8"
	Floor   int    `json:"floor"`   // the least driver branch on which programs built with it start
	Bundled string `json:"bundled"` // the driver that brings all of its features
}

// Runtime says which CUDA the releases of an engine are built on, from From to before Below.
type Runtime struct {
	Product string `json:"product"`
	From    string `json:"from"`
	Below   string `json:"below"`
	CUDA    string `json:"cuda"`
	// Compat tells that the image carries the forward-compatibility package, so that a data-centre GPU may start it on an
	// older branch.
	Compat bool   `json:"compat"`
	Source string `json:"source"`
}

// Date is a day.
type Date struct{ time.Time }

// UnmarshalJSON reads "2026-08-18".
func (d *Date) UnmarshalJSON(b []byte) error {
	t, err := time.Parse(`"`+time.DateOnly+`"`, string(b))
	d.Time = t
	return err
}

// MarshalJSON writes what UnmarshalJSON reads.
func (d Date) MarshalJSON() ([]byte, error) { return []byte(`"` + d.Format(time.DateOnly) + `"`), nil }

// Embedded returns the pack that is compiled in. It is read once.
var Embedded = sync.OnceValue(func() *Pack {
	p, err := Read(embedded)
	if err != nil {
		return &Pack{} // knows nothing and has no date, which every check says; a test reads the file
	}
	return p
})

// Read reads a pack strictly: a name that is not known, a missing date, or a version without a number is refused.
func Read(file []byte) (*Pack, error) {
	dec := json.NewDecoder(bytes.NewReader(file))
	dec.DisallowUnknownFields()
	var p Pack
	if err := dec.Decode(&p); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the document")
	}
	return &p, p.check()
}

func (p *Pack) check() error {
	if p.AsOf.IsZero() {
		return errors.New("asOf is missing: it says how old the pack is")
	}
	for i := range p.Products {
		if err := p.Products[i].check(); err != nil {
			return err
		}
	}
	for _, b := range p.Drivers {
		if v, ok := Parse(b.Fixed); !ok || v.branch() != b.Branch || b.Date.IsZero() {
			return fmt.Errorf("driver bulletin %s, R%d: %q is no version of that branch, or its date is missing", b.Bulletin, b.Branch, b.Fixed)
		}
	}
	return p.checkRuntimes()
}

func (p *Pack) checkRuntimes() error {
	for _, t := range p.CUDA {
		if !isVersion(t.Release) || !isVersion(t.Bundled) || t.Floor <= 0 {
			return fmt.Errorf("CUDA %q: release, floor and bundled are needed", t.Release)
		}
	}
	for _, r := range p.Runtimes {
		if !isVersion(r.From) || !isVersion(r.Below) || !isVersion(r.CUDA) {
			return fmt.Errorf("runtime of %q: from, below and cuda are needed", r.Product)
		}
	}
	return nil
}

func (p *Product) check() error {
	if p.Name == "" || p.AsOf.IsZero() || p.Source == "" {
		return fmt.Errorf("product %q: name, source and asOf are needed", p.Name)
	}
	for _, k := range p.Known {
		if !versionOrNone(k.From) || !versionOrNone(k.Fixed) || len(k.IDs) == 0 || k.CVSS <= 0 || k.CVSS > 10 {
			return fmt.Errorf("product %q, %s: ids, a score up to 10 and versions with numbers are needed", p.Name, k.In)
		}
	}
	return nil
}

func isVersion(s string) bool {
	_, ok := Parse(s)
	return ok
}

func versionOrNone(s string) bool { return s == "" || isVersion(s) }
