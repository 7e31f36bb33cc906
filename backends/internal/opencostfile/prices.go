package opencostfile

import (
	"errors"
	"fmt"

	"pitwall/backends/internal/billfolder"
	"pitwall/backends/internal/sheet"
)

// priceColumns are the columns of a price list. OpenCost reads rows of exactly so many fields and drops all others.
var priceColumns = []string{"EndTimestamp", "InstanceID", "Region", "AssetClass", "InstanceIDField", "InstanceType",
	"MarketPriceHourly", "Version"}

var (
	errPrice    = errors.New("its MarketPriceHourly is no number above zero")
	errClass    = errors.New("its AssetClass is none of node, gpu and pv")
	errInstance = errors.New("it has no InstanceID")
)

// check says what is wrong with one row.
func check(h *sheet.Head, row [][]byte) error {
	if len(row) != len(priceColumns) {
		return fmt.Errorf("it has %d fields in place of %d, and OpenCost drops it", len(row), len(priceColumns))
	}
	of := func(name string) string { return string(h.Column(name).Of(row)) }
	if a, ok := sheet.ParseAmount(h.Column("MarketPriceHourly").Of(row)); !ok || !a.OK || a.Negative() || a.Zero() {
		return errPrice
	}
	switch of("AssetClass") {
	case "node", "gpu", "pv":
	default:
		return errClass
	}
	if of("InstanceID") == "" && of("InstanceType") == "" {
		return errInstance
	}
	return nil
}

// priceTable is a price list of nodes and GPUs among bills: it is looked through and holds no bill. The connector "onprem" reads it
// as prices.
type priceTable struct{ head sheet.Head }

func prices(h sheet.Head) (billfolder.Table, error) {
	if !h.Has(priceColumns...) {
		return nil, nil
	}
	return &priceTable{head: h}, nil
}

func (x *priceTable) Title() string { return "OpenCost prices" }

func (x *priceTable) Row(row [][]byte, t *sheet.Tally) error {
	err := check(&x.head, row)
	if err == nil {
		t.Left["of prices of machines, which are no bill: name the file as an account of kind onprem under compute"]++
	}
	return err
}

func (x *priceTable) End(*sheet.Tally) error { return nil }
