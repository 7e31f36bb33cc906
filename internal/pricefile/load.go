package pricefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// Bounds of a folder: a wrong path must not fill memory.
const (
	maxBytes = 64 << 20
	maxFiles = 200
)

// Config says what is read and where the last good reading is kept.
type Config struct {
	Path   string // of the site's file or folder; "" for the built-in list alone
	Second string // of a second list to compare with; "" for none
	Rates  string // a file of exchange rates; "" for none: then nothing is converted
	Keep   string // folder for the last good reading; "" keeps none and takes none
}

// Loaded is the price list in force.
type Loaded struct {
	*economics.Catalogue
	Config      Config
	Second      *economics.Opinion // nil where there is none
	Differences []economics.Difference
	// Kept is when the files in force were last read well, where those at Path could not be used; Why says why.
	Kept     time.Time
	Why      fleet.Safe
	Warnings []fleet.Safe
	Rates    economics.ExchangeRates
}

// Load reads what the configuration names. Files that cannot be used leave the last good reading in force; without one they
// are an error.
func Load(c Config, now time.Time) (*Loaded, error) {
	out := &Loaded{Config: c}
	var err error
	if out.Catalogue, err = economics.Embedded(); err != nil {
		return nil, err
	}
	if c.Path != "" {
		if err := out.layers(now); err != nil {
			return nil, err
		}
	}
	if c.Rates != "" {
		if out.Rates, err = readRates(c.Rates); err != nil {
			return nil, problem("read exchange rates of "+c.Rates, err)
		}
	}
	if c.Second == "" {
		return out, nil
	}
	file, err := readFile(c.Second, filepath.Base(c.Second), maxBytes)
	if err == nil {
		out.Second, err = economics.ReadOpinion(file)
	}
	if err != nil { // it prices nothing
		out.warn(fleet.Text("prices are not compared with a second list: "), fleet.Sentence(problem("read "+c.Second, err)))
		return out, nil
	}
	out.Differences = out.Compare(out.Second, now)
	return out, nil
}

func (l *Loaded) layers(now time.Time) error {
	files, err := readAll(l.Config.Path)
	if err == nil {
		var c *economics.Catalogue
		if c, err = economics.WithFiles(files); err == nil {
			l.Catalogue = c
			if err := save(l.Config, files, now); err != nil {
				l.warn(fleet.Text("the price file is not remembered for when it breaks: "), fleet.Sentence(err))
			}
			return nil
		}
	}
	err = problem("read prices of "+l.Config.Path, err)
	kept, at, keptErr := restore(l.Config)
	if keptErr != nil {
		return err
	}
	c, keptErr := economics.WithFiles(kept)
	if keptErr != nil {
		return err
	}
	l.Catalogue, l.Kept, l.Why = c, at, fleet.Sentence(err)
	l.warn(stays(at, now, l.Why))
	return nil
}

// stays says that an older reading holds, and why.
func stays(since, now time.Time, why fleet.Safe) fleet.Safe {
	return fleet.Concat(fleet.Text("the prices read "), fleet.Age(now.Sub(since)), fleet.Text(" ago stay in force: "), why)
}

func (l *Loaded) warn(parts ...fleet.Safe) { l.Warnings = append(l.Warnings, fleet.Concat(parts...)) }

func problem(op string, err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Err: err}
}

// readAll reads a file, or the .csv and .json files of a folder in the order of their names.
func readAll(path string) ([]economics.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	if !info.IsDir() {
		one, err := readFile(path, filepath.Base(path), maxBytes)
		return []economics.File{one}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, bare(err)
	}
	var out []economics.File
	left := int64(maxBytes)
	for _, e := range entries {
		name := e.Name()
		if !named(name) {
			continue
		}
		if info, err := os.Stat(filepath.Join(path, name)); err == nil && info.IsDir() {
			continue
		}
		one, err := readFile(filepath.Join(path, name), name, left)
		if err != nil {
			return nil, err
		}
		if left -= int64(len(one.Body)); len(out) == maxFiles {
			return nil, fmt.Errorf("it holds over %d files", maxFiles)
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, errors.New("the folder holds no .csv and no .json file")
	}
	return out, nil
}

// named tells by its name whether a file of a folder is read.
func named(name string) bool {
	known := slices.Contains([]string{".csv", ".json"}, strings.ToLower(filepath.Ext(name)))
	return known && !strings.HasPrefix(name, ".")
}

func readFile(path, name string, most int64) (economics.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return economics.File{}, bare(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return economics.File{}, bare(err)
	}
	if !info.Mode().IsRegular() {
		return economics.File{}, fmt.Errorf("%s is no file", fleet.Quote(name))
	}
	body, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return economics.File{}, bare(err)
	}
	if int64(len(body)) > most {
		return economics.File{}, fmt.Errorf("%s is over 64 MiB, or the folder is", fleet.Quote(name))
	}
	return economics.File{Name: name, Body: body, Written: info.ModTime()}, nil
}

// bare takes the path off an error that names it once more.
func bare(err error) error {
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}
