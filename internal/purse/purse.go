// Package purse keeps what probes cost in the state folder, so that a limit for a day holds over runs, and for all consoles that
// share the folder.
// It must not decide what may be spent.
package purse

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pitwall/fleet"
)

// kept is for how many days what was spent stays on disk.
const kept = 8

// suffix of the files, of which each day of UTC has its own.
const suffix = ".spent"

// Purse is one folder.
type Purse struct{ dir string }

// Open makes the folder and drops what is too old.
func Open(dir string, now time.Time) (*Purse, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, problem("open what probes spent", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, problem("open what probes spent", err)
	}
	for _, f := range files {
		day, ours := strings.CutSuffix(f.Name(), suffix)
		at, err := time.Parse(time.DateOnly, day)
		if ours && err == nil && now.Sub(at) > kept*24*time.Hour {
			_ = os.Remove(filepath.Join(dir, f.Name())) // it is only dropped
		}
	}
	return &Purse{dir}, nil
}

func problem(op string, err error) error {
	return &fleet.Error{Kind: fleet.KindInternal, Op: op, Err: err, Next: "no probe that costs money is sent"}
}

func (p *Purse) file(at time.Time) string {
	return filepath.Join(p.dir, at.UTC().Format(time.DateOnly)+suffix)
}

// Spent implements fleet.Purse.
func (p *Purse) Spent(source fleet.SourceID, at time.Time) (fleet.Money, error) {
	f, err := os.Open(p.file(at))
	if errors.Is(err, fs.ErrNotExist) {
		return fleet.ParseMoney("0", fleet.USD)
	}
	if err != nil {
		return fleet.Money{}, problem("read what probes spent", err)
	}
	defer f.Close()
	sum, err := fleet.ParseMoney("0", fleet.USD)
	lines := bufio.NewScanner(f)
	for err == nil && lines.Scan() {
		var amount fleet.Money
		if amount, err = ofSource(lines.Text(), source); err == nil {
			sum, err = sum.Add(amount)
		}
	}
	if err = errors.Join(err, lines.Err()); err != nil {
		return fleet.Money{}, problem("read what probes spent", err)
	}
	return sum, nil
}

// ofSource is the amount of a line, none where it is another source's. A line that cannot be read is an error: what it says was
// spent is not known.
func ofSource(line string, source fleet.SourceID) (fleet.Money, error) {
	parts := strings.Split(line, "\t")
	if len(parts) != 3 {
		return fleet.Money{}, fmt.Errorf("a line of %d fields", len(parts))
	}
	name, err := strconv.Unquote(parts[2])
	if err != nil || name != string(source) {
		return fleet.Money{}, err
	}
	return fleet.ParseMoney(parts[0], parts[1])
}

// Spend implements fleet.Purse. One line is written at once, so that several programs may write.
func (p *Purse) Spend(source fleet.SourceID, at time.Time, amount fleet.Money) error {
	if amount.Currency() == "" {
		return nil
	}
	f, err := os.OpenFile(p.file(at), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return problem("note what a probe spends", err)
	}
	_, err = fmt.Fprintf(f, "%s\t%s\t%s\n", amount.Amount(), amount.Currency(), strconv.Quote(string(source)))
	if err = errors.Join(err, f.Close()); err != nil {
		return problem("note what a probe spends", err)
	}
	return nil
}

// Closed is the purse that could not be opened: nothing is spent.
type Closed struct{ Err error }

// Spent implements fleet.Purse.
func (c Closed) Spent(fleet.SourceID, time.Time) (fleet.Money, error) { return fleet.Money{}, c.Err }

// Spend implements fleet.Purse.
func (c Closed) Spend(fleet.SourceID, time.Time, fleet.Money) error { return c.Err }
