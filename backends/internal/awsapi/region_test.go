package awsapi

import (
	"testing"

	"pitwall/fleet"
)

func TestRegionsAreReadFromAddresses(t *testing.T) {
	for url, want := range map[string][2]string{
		"https://ce.us-east-1.amazonaws.com":                          {"ce", "us-east-1"},
		"https://monitoring-fips.us-gov-west-1.amazonaws.com/":        {"monitoring", "us-gov-west-1"},
		"https://ec2.eu-central-1.api.aws":                            {"ec2", "eu-central-1"},
		"https://bedrock.eusc-de-east-1.amazonaws.eu":                 {"bedrock", "eusc-de-east-1"},
		"https://vpce-1a.monitoring.eu-west-1.vpce.amazonaws.com:443": {"monitoring", "eu-west-1"},
		"https://ce.cn-northwest-1.amazonaws.com.cn":                  {"ce", "cn-northwest-1"},
		"https://proxy.example":                                       {"", ""},
		"https://ce.us-east-1.amazonaws.com.evil.example":             {"", ""},
	} {
		if service, region := ServiceAt(url); service != want[0] || region != want[1] {
			t.Errorf("%s: %q %q", url, service, region)
		}
	}
	for _, bad := range []fleet.SourceSpec{
		{URL: "https://ec2.us-east-1.amazonaws.com"},
		{URL: "https://proxy.example"},
		{URL: "https://ce.us-east-1.amazonaws.com", Options: map[string]string{OptionRegion: "Ohio"}},
	} {
		if got, err := Region(bad, "ce", ""); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%+v: %q, %v", bad, got, err)
		}
	}
	if got, err := Region(fleet.SourceSpec{URL: "https://proxy.example"}, "ce", "us-east-1"); got != "us-east-1" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
