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

func TestRoutesOfOneNameAreWrittenWithIt(t *testing.T) {
	f, err := Parse([]byte("version: 1\ncontexts:\n  - name: a\n    gateways: [{id: g, kind: litellm, replicas: [{id: r, url: \"http://h\"}]}, " +
		"{id: k, kind: kong, replicas: [{id: s, url: \"http://i\"}]}]\n    routes: [{id: chat, gateway: g}, {id: chat-k, gateway: k, name: chat}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := f.Contexts[0].Inventory(noDefault)
	if err != nil {
		t.Fatal(err)
	}
	if r := want.Routes; len(r) != 2 || r[0].Called() != "chat" || r[1].ID != "chat-k" || r[1].Called() != "chat" {
		t.Fatalf("%+v", want.Routes)
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
	if err != nil || !reflect.DeepEqual(got.Routes, want.Routes) {
		t.Errorf("%+v, %v\n%s", got.Routes, err, body)
	}
}
