package fleet

import (
	"regexp"
	"slices"
	"strings"
)

// Anywhere stands for every region of a provider.
const Anywhere = "anywhere"

// places are labels that promise a place, each with the regions of clouds that lie in it: whole names, or a beginning with
// a dash at its end, and what providers call by the label itself. The EU is written out: London and Zurich have names that
// begin like those of the EU.
var places = map[string][]string{
	"eu": {"eu", "eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3", "eusc-",
		"europe-central2", "europe-north1", "europe-north2", "europe-southwest1", "europe-west1", "europe-west3", "europe-west4",
		"europe-west8", "europe-west9", "europe-west10", "europe-west12"},
	"europe": {"eu", "eu-", "eusc-", "europe-"},
	"us":     {"us", "us-"},
	"apac":   {"ap-", "asia-", "australia-"},
	"jp":     {"ap-northeast-1", "ap-northeast-3", "asia-northeast1", "asia-northeast2"},
	"au":     {"ap-southeast-2", "ap-southeast-4", "australia-"},
	"ca":     {"ca-", "northamerica-northeast1", "northamerica-northeast2"},
	"uk":     {"eu-west-2", "europe-west2"},
	"in":     {"ap-south-1", "ap-south-2", "asia-south1", "asia-south2"},
}

// A label that looks like a region, a part of one, or a country is a place even where it is not among those above.
var (
	regionLabel  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-?\d+$`)
	partLabel    = regexp.MustCompile(`^(us|eu|ap|ca|sa|me|af|il|mx|cn)-(gov-)?[a-z]+$`)
	countryLabel = regexp.MustCompile(`^[a-z]{2}$`)
)

// keepsTo tells whether a model that is answered in one of regions keeps to what a label promises. Labels that promise no
// place, such as "zdr", are not touched. Where no region is known no place is kept to, and a place whose regions are not
// known here is not either.
func keepsTo(label string, regions []string) bool {
	label = strings.ToLower(label)
	in, known := places[label]
	switch {
	case known:
	case regionLabel.MatchString(label):
		in = []string{label}
	case partLabel.MatchString(label):
		in = []string{label + "-"}
	case !countryLabel.MatchString(label):
		return true
	}
	if len(regions) == 0 {
		return false
	}
	return !slices.ContainsFunc(regions, func(region string) bool {
		return !slices.ContainsFunc(in, func(i string) bool {
			return region == i || strings.HasSuffix(i, "-") && strings.HasPrefix(region, i)
		})
	})
}
