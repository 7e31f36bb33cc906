package main

import (
	"reflect"
	"strings"
	"testing"

	"pitwall/backends/sim"
)

func TestAccountsOfTheEmbeddedFleetAreNamed(t *testing.T) {
	got, err := parseAccounts([]string{"aws=anthropic", "azure=openai:b200-a", "google"})
	want := []sim.Account{{System: "aws", Provider: "anthropic"}, {System: "azure", Provider: "openai", Pool: "b200-a"}, {System: "google"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for bad, says := range map[string]string{"ibm=openai": "there are " + strings.Join(sim.Systems(), ", "),
		"aws=openai,aws":          "one account each",
		"aws=openai,azure=openai": "one account each"} {
		if _, err := parseAccounts(strings.Split(bad, ",")); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
