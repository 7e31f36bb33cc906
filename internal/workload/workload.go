// Package workload reads files that describe a workload for the decision between an API and own GPUs.
package workload

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pitwall/economics"
	"pitwall/economics/tco"
	"pitwall/fleet"
	"pitwall/internal/strictyaml"
)

// MostBytes bounds a file.
const MostBytes = 1 << 20

// file is what a workload file holds, as YAML or JSON. Everything may be left out.
type file struct {
	Name   string         `yaml:"name"`
	Model  string         `yaml:"model"`
	API    string         `yaml:"api"`
	GPU    string         `yaml:"gpu"`
	Inputs map[string]any `yaml:"inputs"`
	Facts  facts          `yaml:"facts"`
}

// facts are shares in percent, and answers to what is no number.
type facts struct {
	Residency     *[]string `yaml:"residency"`
	MustOwn       *float64  `yaml:"must_own"`
	Latency       *float64  `yaml:"latency"`
	Frontier      *float64  `yaml:"frontier"`
	Lacks         *float64  `yaml:"lacks"`
	Special       *[]string `yaml:"special"`
	AirGap        *bool     `yaml:"air_gap"`
	CustomWeights *bool     `yaml:"custom_weights"`
	Team          *bool     `yaml:"team"`
	FixedSpend    *bool     `yaml:"fixed_spend"`
	Providers     *int      `yaml:"providers"`
}

// Read makes a case of a file. All that is wrong with it is said at once.
func Read(body []byte, prices *economics.Catalogue) (tco.Case, error) {
	var in file
	if len(body) > MostBytes {
		return tco.Case{}, invalid(fmt.Errorf("it is larger than %d bytes", MostBytes))
	}
	if err := strictyaml.Decode(body, &in); err != nil {
		return tco.Case{}, invalid(err)
	}
	c := tco.New("workload", prices)
	if in.Name != "" {
		c.Name = in.Name
	}
	if in.Model != "" {
		c.Model = in.Model
	}
	err := in.apply(&c)
	return c, err
}

func (in *file) apply(c *tco.Case) error {
	var errs []error
	errs = append(errs, API(c, in.API), GPU(c, in.GPU))
	keys := make([]string, 0, len(in.Inputs))
	for key := range in.Inputs {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		errs = append(errs, c.Set(tco.Key(key), fmt.Sprint(in.Inputs[key]), tco.Configured, fleet.Text("workload file")))
	}
	f, err := in.Facts.facts()
	c.Facts = f
	return errors.Join(append(errs, err)...)
}

// API sets the model that is compared with, written KIND/MODEL, with its prices of the catalogue. "" leaves the case as it is but for
// prices.
func API(c *tco.Case, name string) error {
	if name != "" {
		kind, model, ok := strings.Cut(name, "/")
		if !ok || kind == "" || model == "" {
			return invalid(fmt.Errorf("api %s is not KIND/MODEL, such as openai/gpt-4o", fleet.Quote(name)))
		}
		c.API = tco.Rented{Kind: kind, Model: model}
	}
	c.Reprice(fleet.Safe{})
	return nil
}

// GPU sets the price of a GPU-hour to an offer of the table; "" leaves it.
func GPU(c *tco.Case, offer string) error {
	if offer == "" {
		return nil
	}
	return c.Rent(offer)
}

func (x *facts) facts() (tco.Facts, error) {
	f := tco.Facts{From: fleet.Text("workload file"), Residency: some(x.Residency), Special: some(x.Special), AirGap: some(x.AirGap),
		CustomWeight: some(x.CustomWeights), Team: some(x.Team), FixedSpend: some(x.FixedSpend), Providers: some(x.Providers)}
	var errs []error
	for _, s := range []struct {
		key  string
		from *float64
		to   *fleet.Maybe[float64]
	}{{"must_own", x.MustOwn, &f.MustOwn}, {"latency", x.Latency, &f.Latency}, {"frontier", x.Frontier, &f.Frontier}, {"lacks", x.Lacks,
		&f.Lacks}} {
		switch {
		case s.from == nil:
		case *s.from >= 0 && *s.from <= 100:
			*s.to = fleet.Some(*s.from / 100)
		default:
			errs = append(errs, invalid(fmt.Errorf("facts.%s %v is out of bounds: 0 to 100 %%", s.key, *s.from)))
		}
	}
	return f, errors.Join(errs...)
}

func some[T any](p *T) fleet.Maybe[T] {
	if p == nil {
		return fleet.None[T]()
	}
	return fleet.Some(*p)
}

func invalid(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the workload", Err: err}
}
