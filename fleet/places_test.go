package fleet

import (
	"slices"
	"testing"
)

func TestLabelsOfPlacesAreKeptOnlyWhereEveryRegionLiesInThem(t *testing.T) {
	eu := []string{"eu-central-1", "eu-west-1"}
	for _, c := range []struct {
		label   string
		regions []string
		want    bool
	}{
		{"eu", eu, true}, {"EU", eu, true}, {"eu", []string{"eu-central-1", "eu-west-2"}, false}, {"eu", []string{"eu-central-2"}, false},
		{"eu", []string{"eu-central-1", "us-east-1"}, false}, {"eu", []string{Anywhere}, false}, {"eu", nil, false}, {"eu", []string{"eu"}, true},
		{"eu", []string{"europe-west4"}, true}, {"eu", []string{"europe-west2"}, false}, {"eu", []string{"europe-west6"}, false},
		{"europe", []string{"eu-central-1", "eu-west-2"}, true}, {"us", []string{"us-east-1", "us-gov-west-1"}, true}, {"us", eu, false},
		{"jp", []string{"ap-northeast-1", "ap-northeast-3"}, true}, {"jp", []string{"ap-northeast-2"}, false},
		{"eu-central-1", []string{"eu-central-1"}, true}, {"eu-central-1", eu, false}, {"eu-central", []string{"eu-central-1"}, true}, {"eu-central", eu, false},
		{"de", []string{"eu-central-1"}, false}, // no country of its own: nobody says that Frankfurt is enough
		{"zdr", eu, true}, {"zdr", nil, true}, {"no-training", []string{Anywhere}, true}, {"hipaa", nil, true},
	} {
		if got := keepsTo(c.label, c.regions); got != c.want {
			t.Errorf("%s in %v: %v", c.label, c.regions, got)
		}
	}
}

func TestResidencyOfAModelThatLeavesItsPlace(t *testing.T) {
	labels := []string{"eu", "zdr", "eu-central-1"}
	s := Snapshot{Providers: []Provider{{Spec: ProviderSpec{ID: "p", Labels: labels},
		Regions: map[ModelName][]string{"eu.m": {"eu-central-1", "eu-west-3"}, "global.m": {Anywhere}, "m": {"eu-central-1"}}}}}
	for model, want := range map[ModelName][]string{
		"eu.m": {"eu", "zdr"}, "global.m": {"zdr"}, "m": labels, "untold": labels,
	} {
		if got := s.Residency(&Target{Spec: TargetSpec{Provider: "p", Model: model}}); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", model, got, want)
		}
	}
	if !slices.Equal(s.Providers[0].Spec.Labels, []string{"eu", "zdr", "eu-central-1"}) {
		t.Errorf("the declared labels were changed: %v", s.Providers[0].Spec.Labels)
	}
}
