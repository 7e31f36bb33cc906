package webaddress

import "testing"

func TestNothingOfACredentialIsLeft(t *testing.T) {
	for raw, want := range map[string]string{
		"http://u:canary@h:8000/v1?key=canary#canary": "http://h:8000/v1",
		"grpc://10.0.0.1:9000":                        "grpc://10.0.0.1:9000",
		"h:8000":                                      "",
		"":                                            "",
		"http://%zz":                                  "",
	} {
		if got, _ := WithoutSecrets(raw); got != want {
			t.Errorf("%q became %q, not %q", raw, got, want)
		}
	}
}

func TestAPageIsBesideAnAddress(t *testing.T) {
	for _, x := range []struct{ one, want string }{
		{":29000", "http://h:29000/metrics"},
		{":29000/page", "http://h:29000/page"},
		{"https://other/x", "https://other/x"},
		{"https://other", "https://other/metrics"},
		{"29000", ""},
		{"", ""},
	} {
		got, err := Beside(x.one, "http://h:30000/base", "/metrics")
		if got != x.want || (err == nil) != (x.want != "") {
			t.Errorf("%q is at %q, %v", x.one, got, err)
		}
	}
	if _, err := Beside(":1", "", "/metrics"); err == nil {
		t.Error("a port without a host was taken")
	}
	if Host("http://h:1/x") != "h:1" || Host("http://%zz") != "" {
		t.Error("the host is another")
	}
}
