package onprem

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func open(t *testing.T, path string) fleet.Reader {
	t.Helper()
	return contract.Open(t, Connector(), fleet.SourceSpec{File: path}, fleet.NewVirtualClock(contract.Start()))
}

func TestOwnFile(t *testing.T) {
	p, err := open(t, "testdata/own.csv").Read(t.Context())
	if err != nil || !p.At.Equal(contract.Start()) || len(p.Notices) != 0 || len(p.Compute.Machines) != 3 {
		t.Fatalf("%v: %+v", err, p)
	}
	if got := p.Compute.PricesAsOf; !got.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error(got)
	}
	a, b, c := p.Compute.Machines[0], p.Compute.Machines[1], p.Compute.Machines[2]
	if a.GPU != "H100" || a.GPUs != fleet.Some(8) || a.Price.V.Text().String() != "$14.00" || a.Pricing != fleet.PricingOwned ||
		a.PriceFrom.String() != "price file of 2026-11-01" || strings.Join(a.Addresses, " ") != "10.0.7.11 hgx-01.lab hgx-01" || a.State != "" {
		t.Errorf("%+v", a)
	}
	if n := a.Notices; len(n) != 2 || !n[0].Stops || n[0].What.String() != "maintenance: PDU swap" || !n[0].Ends.OK || n[1].Stops ||
		n[1].Ends.OK {
		t.Errorf("%+v", n)
	}
	if b.GPU != "B200" || b.Price.V.Text().String() != "$41.20" || b.Pricing != fleet.PricingReserved || !b.Until.V.Equal(time.Date(2026,
		12, 5, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", b)
	}
	if c.GPU != "L4" || c.GPUs.OK || c.Price.OK || !c.PriceFrom.IsEmpty() || c.Pricing != fleet.PricingOwned {
		t.Errorf("%+v", c)
	}
}

func TestOpenCostFile(t *testing.T) {
	const head = "EndTimestamp,InstanceID,Region,AssetClass,InstanceIDField,InstanceType,MarketPriceHourly,Version\n"
	written := contract.Start()
	c, notices, err := parse([]byte(head+"2019-04-17 23:34:22 UTC,node-a,fra,node,metadata.name,hgx h100,12.5,\n"+
		"2028-01-06 23:34:45 UTC,a100-reserved,,gpu,nvidia.com/gpu_type,,1,\n2028-01-06 23:34:45 UTC,Reserved,,node,metadata.labels.use,,0.65,\n"+
		"2028-01-06 23:34:45 UTC,standard,,pv,spec.storageClassName,,0.04,\n2028-01-06 23:34:45 UTC,node-a,fra,node,metadata.name,hgx h100,13.5,"), written)
	if err != nil || len(c.Machines) != 1 || len(c.Offers) != 2 || len(notices) != 1 || !c.PricesAsOf.Equal(written) {
		t.Fatalf("%v: %+v, %v", err, c, notices)
	}
	if m := c.Machines[0]; m.Price.V.Text().String() != "$13.50" || m.GPU != "H100" || m.GPUs.OK || m.Region.String() != "fra" {
		t.Errorf("%+v", m)
	}
	if o := c.Offers[0]; o.GPU != "A100" || o.GPUs != 1 || o.Price.V.Text().String() != "$1.00" {
		t.Errorf("%+v", o)
	}
}

func TestBadFilesAreRefusedWhole(t *testing.T) {
	const head = "node,gpus,usd_per_gpu_hour,usd_per_hour,pricing,until,maintenance\n"
	for body, want := range map[string]string{
		"": "it is empty", "\n\n": "it is empty", "a,b\n1,2\n": "its first line names neither",
		head + "a,8,1.75,,,,": "does not end with a line end",
		head + "a,8,1.75\n":   "line 2 is no CSV", head + "\xff,8,1,,,,\n": "not UTF-8", head + ",8,1,,,,\n": "it has no node",
		head + "a,8,1,2,,,\n": "both a price", head + "a,,1,,,,\n": "needs the column gpus", head + "a,8,free,,,,\n": "no amount of an hour",
		head + "a,8,99999999,,,,\n": "no amount of an hour", head + "a,eight,1,,,,\n": "no number of GPUs",
		head + "a,8,1,,leased,,\n": "none of owned",
		head + "a,8,1,,,soon,\n":   "no time as", head + "a,8,1,,,,tonight\n": "not written FROM/TO",
		head + "a,8,1,,,,2026-12-04/2026-12-03\n":       "not written FROM/TO",
		head + "a,8,1,,,,2026-12-03/2026-12-04 maybe\n": "not written FROM/TO", head + "a,8,1,,,,\na,8,1,,,,\n": "is there twice",
		"node,node\na,b\n": "twice", "# as of now\n" + head: "names no day",
		"InstanceID,AssetClass,InstanceIDField,MarketPriceHourly\nx,node,metadata.name,-3\n": "is no amount",
	} {
		if _, _, err := parse([]byte(body), contract.Start()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", body, err, want)
		}
	}
	c, notices, err := parse([]byte("node,owner,usd_per_hour,currency\na,\x1b[2J,3.10,eur\n"), contract.Start())
	if err != nil || len(notices) != 1 || notices[0].Text.String() != `1 column not known and not read: owner` ||
		c.Machines[0].Price.V.Currency() != "EUR" {
		t.Errorf("%v: %v, %+v", err, notices, c)
	}
}

// A file that is written anew is read anew; one that turns bad leaves an error, and what was read before is the Hub's to keep.
func TestTheFileIsReadAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prices.csv")
	r := open(t, path)
	if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindNotFound {
		t.Error(err)
	}
	for _, x := range []struct {
		body string
		kind fleet.Kind
	}{{"node,usd_per_hour\na,1\n", ""}, {"node,usd_per_hour\na,1\nb,", fleet.KindInvalid}, {"node,usd_per_hour\na,1\nb,2\n", ""}} {
		if err := os.WriteFile(path, []byte(x.body), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := r.Read(t.Context())
		if fleet.KindOf(err) != x.kind || (err == nil) != (p.Compute != nil) {
			t.Errorf("%q: %v", x.body, err)
		}
	}
	var e *fleet.Error
	if _, err := Connector().NewReader(fleet.SourceSpec{URL: "https://x.test"}, contract.Deps()); !errors.As(err, &e) {
		t.Error("own machines were opened by an address")
	}
}

func TestRecordedOpenCostFiles(t *testing.T) {
	for name, want := range map[string]int{"opencost_pricing_schema.csv": 1, "opencost_pricing_schema_gpu.csv": 0} {
		p, err := open(t, "../../../shared/data/billing/"+name).Read(t.Context())
		if fleet.KindOf(err) == fleet.KindNotFound {
			t.Skip("no samples here")
		}
		if err != nil || len(p.Compute.Machines) != want || len(p.Compute.Offers) == 0 {
			t.Errorf("%s: %v, %+v", name, err, p.Compute)
		}
	}
}

// Whatever a file holds: no crash, and nothing unclean in an error or a remark.
func FuzzParse(f *testing.F) {
	f.Add([]byte("node,usd_per_hour,until,maintenance\na,1,2027-01-01,2026-12-03/2026-12-04 stop\n"))
	f.Add([]byte("InstanceID,AssetClass,InstanceIDField,MarketPriceHourly\nx,gpu,gpu,1\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, notices, err := parse(body, contract.Start())
		if err != nil && (!fleet.IsClean(err.Error()) || len(err.Error()) > fleet.MaxLabelBytes) {
			t.Errorf("%q", err.Error())
		}
		for _, n := range notices {
			if !fleet.IsClean(n.Text.String()) {
				t.Errorf("%q", n.Text)
			}
		}
		if (c == nil) == (err == nil) {
			t.Error("neither an answer nor an error")
		}
	})
}
