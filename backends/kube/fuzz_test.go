package kube

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"pitwall/fleet"
)

// FuzzWay: whatever a way is called and a path asks for, nothing leaves the proxy of one pod.
func FuzzWay(f *testing.F) {
	for _, s := range [][2]string{{"llm/chat-1:8000", "/metrics"}, {"llm/https:a:1", "/a/../b"}, {"%2e%2e/a:1", "/%2e%2e/x"}, {"a/b:1", "/x?y=/../z"}, {"a/b:1", "/%2e%2e#"}} {
		f.Add(s[0], s[1])
	}
	set := settings{}
	f.Fuzz(func(t *testing.T, way, asked string) {
		c, err := (&proxy{access: access{set: set}}).Carrier(way)
		if err != nil {
			return
		}
		own := c.(*carrier)
		if own.check(fleet.CarriedRequest{Method: "GET", Path: asked}) != nil {
			return
		}
		u, err := url.Parse("https://server" + own.prefix + asked)
		if err != nil {
			return
		}
		if got := path.Clean(u.Path) + "/"; strings.Count(own.prefix, "/") != 7 || !strings.HasPrefix(got, path.Clean(mustUnescape(t, own.prefix))+"/") || u.Host != "server" {
			t.Errorf("%q %q leads to %s", way, asked, u)
		}
	})
}

func mustUnescape(t *testing.T, s string) string {
	t.Helper()
	plain, err := url.PathUnescape(s)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// FuzzLog: every line is clean and short, and none is lost.
func FuzzLog(f *testing.F) {
	f.Add("a\nb\r\n\x1b[2J\n\xff")
	f.Add(strings.Repeat("x", 5000) + "\ny")
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		if err := eachLine(strings.NewReader(text), func(s fleet.Safe) {
			n++
			if !fleet.IsClean(s.String()) || len(s.String()) > 2*fleet.MaxLabelBytes {
				t.Errorf("%.80q would be drawn", s)
			}
		}); err != nil {
			t.Fatal(err)
		}
		want := strings.Count(text, "\n")
		if text != "" && !strings.HasSuffix(text, "\n") {
			want++
		}
		if n != want {
			t.Errorf("%d lines of %d", n, want)
		}
	})
}

// FuzzCredential: no answer of a plugin makes a credential out of nothing.
func FuzzCredential(f *testing.F) {
	f.Add([]byte(`noise {"apiVersion":"v1","status":{"token":"x"}}`))
	f.Fuzz(func(t *testing.T, out []byte) {
		if c, err := parseCredential(out, "v1"); err == nil && c.token == "" && c.cert == nil {
			t.Error("a credential without anything in it")
		}
	})
}
