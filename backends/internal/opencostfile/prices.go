package opencostfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"pitwall/backends/internal/billfolder"
	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// Price is one row of OpenCost's price list: what a node, GPU or volume costs an hour.
type Price struct {
	Class  string // "node", "gpu", "pv"
	ID     string // the value that a machine is known by
	Field  string // where that value stands: "metadata.name", "spec.providerID", "nvidia.com/gpu_type"
	Region string
	Type   string // instance type
	Hourly sheet.Amount
	Until  sheet.Moment // EndTimestamp, where it has one
}

// priceColumns are the columns of a price list. OpenCost reads rows of exactly so many fields and drops all others.
var priceColumns = []string{"EndTimestamp", "InstanceID", "Region", "AssetClass", "InstanceIDField", "InstanceType", "MarketPriceHourly", "Version"}

var (
	errPrice    = errors.New("its MarketPriceHourly is no number above zero")
	errClass    = errors.New("its AssetClass is none of node, gpu and pv")
	errInstance = errors.New("it has no InstanceID")
)

// Prices reads a price list. Rows that are wrong are said and left out.
func Prices(text io.Reader) (list []Price, wrong []fleet.Safe, err error) {
	plain, err := sheet.Plain(text)
	if err != nil {
		return nil, nil, err
	}
	rows := sheet.NewRows(plain)
	first, _, err := rows.Next()
	if err != nil {
		return nil, nil, errEmpty(err)
	}
	h := sheet.NewHead(first)
	if !h.Has(priceColumns...) {
		return nil, nil, fmt.Errorf("it lacks one of the columns %s", bytes.Join(asBytes(priceColumns), []byte(", ")))
	}
	for {
		row, _, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return list, wrong, nil
		}
		if err != nil {
			return list, wrong, err
		}
		p, err := price(&h, row)
		if err != nil {
			wrong = append(wrong, fleet.Label(fmt.Sprintf("line %d: %s", rows.Line(), err)))
			continue
		}
		list = append(list, p)
	}
}

func errEmpty(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty")
	}
	return err
}

func asBytes(list []string) [][]byte {
	out := make([][]byte, 0, len(list))
	for _, s := range list {
		out = append(out, []byte(s))
	}
	return out
}

// price reads one row.
func price(h *sheet.Head, row [][]byte) (Price, error) {
	if len(row) != len(priceColumns) {
		return Price{}, fmt.Errorf("it has %d fields in place of %d, and OpenCost drops it", len(row), len(priceColumns))
	}
	of := func(name string) string { return string(h.Column(name).Of(row)) }
	p := Price{Class: of("AssetClass"), ID: of("InstanceID"), Field: of("InstanceIDField"), Region: of("Region"), Type: of("InstanceType")}
	var ok bool
	if p.Hourly, ok = sheet.ParseAmount(h.Column("MarketPriceHourly").Of(row)); !ok || !p.Hourly.OK || p.Hourly.Negative() || p.Hourly.Zero() {
		return p, errPrice
	}
	p.Until, _ = sheet.ParseMoment(h.Column("EndTimestamp").Of(row))
	switch p.Class {
	case "node", "gpu", "pv":
	default:
		return p, errClass
	}
	if p.ID == "" && p.Type == "" {
		return p, errInstance
	}
	return p, nil
}

// priceTable is a price list among bills: it is looked through and holds no bill.
type priceTable struct{ head sheet.Head }

func prices(h sheet.Head) (billfolder.Table, error) {
	if !h.Has(priceColumns...) {
		return nil, nil
	}
	return &priceTable{head: h}, nil
}

func (x *priceTable) Title() string { return "OpenCost prices" }

func (x *priceTable) Row(row [][]byte, t *sheet.Tally) error {
	_, err := price(&x.head, row)
	if err == nil {
		t.Left["of prices of machines, which are no bill: name the file as an account under compute"]++
	}
	return err
}

func (x *priceTable) End(*sheet.Tally) error { return nil }
