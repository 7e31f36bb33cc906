package azureopenai

import (
	"regexp"
	"slices"
	"strings"

	"pitwall/fleet"
)

// answeredIn says of deployments that may leave the region of the account where their requests may be answered. The others are
// answered where the account is.
func answeredIn(used []deployment, region string) map[fleet.ModelName][]string {
	out := map[fleet.ModelName][]string{}
	for _, d := range used {
		switch reach(d.SKU.Name) {
		case anywhere:
			out[fleet.ModelName(d.Name)] = []string{fleet.Anywhere}
		case inZone:
			out[fleet.ModelName(d.Name)] = zone(region)
		case unknown:
			out[fleet.ModelName(d.Name)] = nil
		case inRegion:
		}
	}
	return out
}

// europe are the regions of the data zone of the European Union. Those of the United States are told by their names.
var europe = []string{"austriaeast", "belgiumcentral", "denmarkeast", "francecentral", "francesouth", "germanynorth", "germanywestcentral",
	"italynorth", "northeurope", "polandcentral", "spaincentral", "swedencentral", "swedensouth", "westeurope"}

var states = regexp.MustCompile(`^(east|west|central|northcentral|southcentral|westcentral|southeast|southwest)us\d?$`)

// zone is the data zone of a region; nothing where it is not known.
func zone(region string) []string {
	switch {
	case slices.Contains(europe, region):
		return []string{"eu"}
	case states.MatchString(region):
		return []string{"us"}
	default:
		return nil
	}
}

// span is how far from its account a deployment may be answered.
type span int

const (
	inRegion span = iota
	inZone
	anywhere
	unknown
)

// reach reads the span from the type of a deployment. Where none is told it is taken for what a region has.
func reach(sku string) span {
	switch {
	case sku == "" || sku == "Standard" || sku == "ProvisionedManaged":
		return inRegion
	case strings.HasPrefix(sku, "Global"), strings.HasPrefix(sku, "Developer"):
		return anywhere
	case strings.HasPrefix(sku, "DataZone"):
		return inZone
	default:
		return unknown
	}
}

// residency says of a type of deployments why it offers no residency in its region; empty where it does, or where no type is told.
func residency(sku string) fleet.Safe {
	switch reach(sku) {
	case anywhere:
		return fleet.Text(": any region may process its requests, so it offers no residency")
	case inZone:
		return fleet.Text(": any region of its data zone may process its requests, so it offers the residency of the zone only")
	case unknown:
		return fleet.Text(", of which it is not known where requests are processed: it offers no residency")
	default:
		return fleet.Safe{}
	}
}
