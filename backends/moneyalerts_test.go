package backends

import (
	"testing"
	"time"

	"pitwall/fleet"
)

// A gateway whose own figures show a tenth of the bill is an alert of its own; one that agrees is none.
func TestAGatewayThatTellsTooLittleIsAnAlert(t *testing.T) {
	gateway := func(source fleet.SourceID, last float64, off bool) fleet.GatewayFactor {
		return fleet.GatewayFactor{Source: source, Gateways: 1, Told: fleet.Some(money(t, "41.20")), Billed: fleet.Some(money(t, "412")),
			Factor: fleet.Factor{Provider: "openai", Last: fleet.Some(last), Days: 7, LastDay: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Off: off}}
	}
	list := gatewayAlerts(&fleet.Books{Gateways: []fleet.GatewayFactor{gateway("litellm-bill", 10, true), gateway("other", 1.01, false)}})
	if len(list) != 1 || list[0].Object.String() != "litellm-bill" || list[0].Text.String() != "it shows 10% of the bill of openai" ||
		list[0].Detail.String() != "$41.20 of $412.00 on 2026-11-23, median of 7 days" || list[0].Subject.Provider != "openai" {
		t.Errorf("%+v", list)
	}
}
