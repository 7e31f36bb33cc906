package config

import (
	"reflect"
	"testing"
)

func TestAWrittenInventoryReadsBackTheSame(t *testing.T) {
	f, err := Parse([]byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	want, err := f.Contexts[0].Inventory(noDefault)
	if err != nil {
		t.Fatal(err)
	}
	body, err := Write(want)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(body)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	got, err := again.Contexts[0].Inventory(noDefault)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}
