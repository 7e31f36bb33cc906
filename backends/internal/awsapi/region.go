package awsapi

import (
	"net/url"
	"regexp"
	"strings"

	"pitwall/fleet"
)

// RegionName is how AWS writes a region.
var RegionName = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d+$`)

// ours are the addresses of AWS's services: public, FIPS, dual stack, in China and in the sovereign cloud, and of an endpoint in
// a network of one's own.
var ours = regexp.MustCompile(`(?:^|\.)([a-z0-9-]+?)(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\.` +
	`(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws)$`)

// ServiceAt reads the service and the region from an address; "" for addresses of one's own.
func ServiceAt(address string) (service, region string) {
	u, err := url.Parse(address)
	if err != nil {
		return "", ""
	}
	found := ours.FindStringSubmatch(strings.ToLower(u.Hostname()))
	if found == nil {
		return "", ""
	}
	return found[1], found[2]
}

// OptionRegion names the region of a source whose address does not.
const OptionRegion = "region"

// Region is the region of a source of one service: that of its option or of its address; fallback where neither says one.
func Region(spec fleet.SourceSpec, service, fallback string) (string, error) {
	named := spec.Options[OptionRegion]
	at, found := ServiceAt(spec.URL)
	switch {
	case at != "" && at != service:
		return "", wrong(spec.ID, "the url is that of another service: write https://"+service+".REGION.amazonaws.com as url")
	case named != "" && !RegionName.MatchString(named):
		return "", wrong(spec.ID, "write a region such as eu-central-1 for "+OptionRegion)
	case named != "":
		return named, nil
	case found != "":
		return found, nil
	case fallback != "":
		return fallback, nil
	default:
		return "", wrong(spec.ID, "the url names no region: write https://"+service+".REGION.amazonaws.com, or set "+OptionRegion)
	}
}

func wrong(source fleet.SourceID, next string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the source", Source: source, Next: next}
}
