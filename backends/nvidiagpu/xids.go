package nvidiagpu

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pitwall/backends/internal/gpupage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// xid reads the exporter's own count and time of one code.
func (x *row) xid(family string, s *promtext.Sample) error {
	code, err := strconv.Atoi(string(s.Labels.Raw("xid")))
	if err != nil || !gpupage.Code(float64(code)).OK {
		return nil //nolint:nilerr // a label that is no code names nothing; the others count
	}
	i := slices.IndexFunc(x.Xids, func(c fleet.XidCount) bool { return c.Code == code })
	if i < 0 {
		if i = len(x.Xids); i == maxCodes {
			return errMany
		}
		x.Xids = append(x.Xids, fleet.XidCount{Code: code})
	}
	if family == familyXidTime {
		x.Xids[i].Last = gpupage.Time(s.Value)
	} else {
		x.Xids[i].Count = fleet.Some(s.Value)
	}
	return nil
}

// newest is the code that came last: unknown where several came and not all have a time.
func newest(list []fleet.XidCount) fleet.Maybe[int] {
	if len(list) == 1 {
		return fleet.Some(list[0].Code)
	}
	var last fleet.XidCount
	for _, c := range list {
		if !c.Last.OK {
			return fleet.None[int]()
		}
		if c.Last.V.After(last.Last.V) {
			last = c
		}
	}
	return fleet.Maybe[int]{V: last.Code, OK: len(list) > 0}
}

// lost tells of a GPU whose Xids are counted and that the driver does not list any more.
func lost(x *row) fleet.Notice {
	text := fleet.Concat(fleet.Label(string(x.ID)), fleet.Text(" is not among the GPUs of the page, and counts"))
	for i, c := range x.Xids[:min(len(x.Xids), 4)] {
		if i > 0 {
			text = fleet.Concat(text, fleet.Text(","))
		}
		text = fleet.Concat(text, fleet.Text(" Xid "), fleet.Int(c.Code))
	}
	return fleet.Notice{Level: fleet.LevelWarn, Text: text}
}

// unread is the failure of an exporter that answers and cannot read its driver. Xids are counted all the same, and
// say most of what is wrong: those are named.
func (d *decoder) unread() error {
	e := &fleet.Error{Kind: fleet.KindServer, Op: "read metrics",
		Err:  errors.New("the exporter answers, and its own read of the driver fails"),
		Next: "look at the driver of this machine"}
	if d.state.code.OK {
		e.Err = fmt.Errorf("%w (code %v)", e.Err, d.state.code.V)
	}
	var codes []string
	for i := range d.rows {
		for _, c := range d.rows[i].Xids[:min(len(d.rows[i].Xids), 4)] {
			codes = append(codes, strconv.Itoa(c.Code))
		}
	}
	slices.Sort(codes)
	if codes = slices.Compact(codes); len(codes) > 0 {
		e.Next = "it counts Xid " + strings.Join(codes[:min(len(codes), 8)], ", ") + ": " + e.Next
	}
	return e
}
