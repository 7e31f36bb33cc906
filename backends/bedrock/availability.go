package bedrock

import (
	"context"
	"net/url"
	"strings"

	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// mostAsked bounds how many models one probe asks about one by one.
const mostAsked = 10

// availability asks of each model of the configuration whether the account may call it: the list of models is that of the
// region. An answer that fails ends the asking and proves nothing.
func (r *reader) availability(ctx context.Context, bases []base) []fleet.Notice {
	var notices []fleet.Notice
	for i, b := range bases {
		if i == mostAsked {
			return append(notices, fleet.Notice{Level: fleet.LevelInfo,
				Text: fleet.Text("whether the account may call its other models was not asked: at most 10 are asked about")})
		}
		reply, err := r.get(ctx, "/foundation-model-availability/"+escaped(b.id))
		if err != nil {
			return append(notices, rented.Without(fleet.Text("whether the account may call its models"), err))
		}
		var a struct {
			Agreement struct {
				Status string `json:"status"`
			} `json:"agreementAvailability"`
			Authorization string `json:"authorizationStatus"`
			Entitlement   string `json:"entitlementAvailability"`
			Region        string `json:"regionAvailability"`
		}
		if err := reply.JSON(&a); err != nil {
			return append(notices, rented.Without(fleet.Text("whether the account may call its models"), err))
		}
		var lacks []fleet.Safe
		for _, part := range []struct {
			name           fleet.Safe
			value, refused string
		}{
			{fleet.Text("its agreement is not accepted"), a.Agreement.Status, "NOT_AVAILABLE"},
			{fleet.Text("its agreement is pending"), a.Agreement.Status, "PENDING"},
			{fleet.Text("its agreement failed"), a.Agreement.Status, "ERROR"},
			{fleet.Text("the account is not authorised"), a.Authorization, "NOT_AUTHORIZED"},
			{fleet.Text("the account is not entitled"), a.Entitlement, "NOT_AVAILABLE"},
			{fleet.Text("the region does not have it"), a.Region, "NOT_AVAILABLE"},
		} {
			if part.value == part.refused {
				lacks = append(lacks, part.name)
			}
		}
		if len(lacks) > 0 {
			notices = append(notices, rented.Of(b.name, fleet.Text(" may not be called: "), fleet.Join(lacks, fleet.Text(", "))))
		}
	}
	return notices
}

// escaped writes an id as AWS's own clients do: also the colon, since the signature covers the address.
func escaped(id string) string { return strings.ReplaceAll(url.PathEscape(id), ":", "%3A") }
