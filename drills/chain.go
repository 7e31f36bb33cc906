package drills

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"pitwall/fleet"
	"pitwall/internal/hashchain"
)

// Link is the hash of one part of a report over the hash of the part before.
type Link struct {
	Part string
	Hash string
}

// MostReport bounds the file of a report.
const MostReport = 64 << 20

// parts are what a chain goes over, in order: the scenario, each thing that was done, each alert, how it ended, what it is worth.
func (r *Report) parts() (names []string, bodies []any) {
	add := func(name string, body any) { names, bodies = append(names, name), append(bodies, body) }
	// A seed has more digits than canonical JSON keeps of a number.
	add("scenario", []any{r.Scenario, strconv.FormatUint(r.Seed, 10), r.Begin})
	for i := range r.Log.Entries {
		add(fmt.Sprintf("entry %d", i+1), &r.Log.Entries[i])
	}
	for i := range r.Log.Alarms {
		add(fmt.Sprintf("alert %d", i+1), &r.Log.Alarms[i])
	}
	add("end", []any{r.Log.Left, r.Log.Ended, r.Log.Flags})
	add("score", r.Result)
	add("curves", []any{r.Curves, r.Cost})
	add("signals", r.Signals)
	return names, bodies
}

func (r *Report) links() (list []Link, err error) {
	prev := ""
	names, bodies := r.parts()
	for i, body := range bodies {
		if prev, err = hashchain.Seal(prev, body); err != nil {
			return nil, err
		}
		list = append(list, Link{names[i], prev})
	}
	return list, nil
}

// Seal chains a report as it stands.
func (r *Report) Seal() (err error) {
	r.Chain, err = r.links()
	return err
}

// Head is the last hash of a report's chain, "" where it has none. Kept elsewhere it shows a chain that was written anew as a whole.
func (r *Report) Head() string {
	if len(r.Chain) == 0 {
		return ""
	}
	return r.Chain[len(r.Chain)-1].Hash
}

// Verify says at which part a report is no longer what was sealed. head is that which was noted when it was kept, "" for none.
func (r *Report) Verify(head string) error {
	if len(r.Chain) == 0 {
		return altered(errors.New("it has no chain: its release wrote none, or it was taken out"))
	}
	list, err := r.links()
	if err != nil {
		return altered(err)
	}
	for i, l := range list {
		if i >= len(r.Chain) || r.Chain[i] != l {
			return altered(fmt.Errorf("it was altered: the first part that does not fit its chain is %s", fleet.Quote(l.Part)))
		}
	}
	if len(r.Chain) != len(list) {
		return altered(errors.New("it was altered: its chain is longer than what it holds"))
	}
	if head != "" && head != r.Head() {
		return altered(fmt.Errorf("its chain is whole, but it was written anew: it ends with %s, not with %s", r.Head(), fleet.Quote(head)))
	}
	return nil
}

func altered(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "verify the report", Err: err, Next: "do not rely on it"}
}

// ReadReport reads a kept report. What it does not know is refused: no chain would go over it.
func ReadReport(body []byte) (*Report, error) {
	r := &Report{}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(r)
	if _, more := d.Token(); err == nil && more != io.EOF {
		err = errors.New("something follows its end")
	}
	if n := len(r.Curves.Player); err == nil && (r.Scenario == nil || len(r.Curves.Nothing) != n || len(r.Curves.Reference) != n) {
		err = errors.New("it is no report of a drill")
	}
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the report", Err: err, Next: "give the .json file that a drill kept"}
	}
	return r, nil
}
