package machines

import (
	"testing"
	"time"

	"pitwall/fleet"
)

func TestListPricesSayHowOldTheyAre(t *testing.T) {
	l := Listed("azure", "standard_nd96isr_h100_v5")
	if !l.Price.OK || l.Price.V.Text().String() != "$98.32" || l.GPU != "H100" || l.GPUs != 8 || l.From.String() != "list of 2026-08-17" ||
		!l.AsOf.Equal(time.Date(2026, 8, 17, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", l)
	}
	if l := Listed("azure", "Standard_NC24ads_A100_v4"); !l.Price.OK || !l.AsOf.IsZero() || l.From.String() != "list without a date" {
		t.Errorf("%+v", l)
	}
	if l := Listed("aws", "p99.48xlarge"); l.Price.OK || !l.From.IsEmpty() {
		t.Errorf("a price of nothing: %+v", l)
	}
	if offers := Offers("gcp", "europe-west4"); len(offers) < 5 || offers[0].GPU == "" || !offers[0].Price.OK || offers[0].Available.OK {
		t.Errorf("%+v", offers)
	}
	a := &Asker{Prices: map[string]fleet.Money{"p5.48xlarge": l.Price.V}}
	if p, from := a.PriceOf("aws", "p5.48xlarge"); p.V.Text().String() != "$98.32" || from.String() != "configuration" {
		t.Errorf("%v %s", p, from)
	}
	if p, from := (&Asker{}).PriceOf("aws", "p5.48xlarge"); p.V.Text().String() != "$55.04" || from.String() != "list of 2026" {
		t.Errorf("%v %s", p, from)
	}
}

func TestMomentsThatAreNone(t *testing.T) {
	for said, ok := range map[string]bool{"2026-11-24T04:00:00.000Z": true, "2026-11-24T04:00:00-08:00": true, "": false, "0001-01-01T00:00:00Z": false, "soon": false} {
		if Moment(said).OK != ok {
			t.Errorf("%q: %v", said, Moment(said))
		}
	}
}
