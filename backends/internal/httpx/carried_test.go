package httpx

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"pitwall/fleet"
)

// porter carries to nowhere: it notes what it is given and answers what a test says.
type porter struct {
	got   fleet.CarriedRequest
	reply *fleet.CarriedReply
	err   error
}

func (p *porter) Carry(_ context.Context, r fleet.CarriedRequest) (*fleet.CarriedReply, error) {
	p.got = r
	return p.reply, p.err
}

func carriedClient(t *testing.T, p *porter) *Client {
	t.Helper()
	c, err := New(Options{Source: "r1", Base: "http://pod:8000/engine", Deps: fleet.Deps{Via: "way/x",
		Carrier: func(via string) (fleet.Carrier, error) {
			if via != "way/x" {
				t.Errorf("asked for the way %q", via)
			}
			return p, nil
		}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRequestsGoByTheCarrier(t *testing.T) {
	p := &porter{reply: &fleet.CarriedReply{Status: 200, Header: map[string][]string{"Date": {"Wed, 25 Nov 2026 12:00:00 GMT"}},
		Body: io.NopCloser(strings.NewReader("up 1\n"))}}
	reply, err := carriedClient(t, p).Get(t.Context(), "/metrics?x=1", "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	if p.got.Method != http.MethodGet || p.got.Path != "/engine/metrics?x=1" || http.Header(p.got.Header).Get("Accept") != "text/plain" {
		t.Errorf("carried %+v", p.got)
	}
	if string(reply.Body) != "up 1\n" || !reply.ServerTime.OK {
		t.Errorf("reply %+v", reply)
	}
}

func TestACarriedRefusalIsTheFarEnds(t *testing.T) {
	p := &porter{reply: &fleet.CarriedReply{Status: 401, Body: io.NopCloser(strings.NewReader("{}"))}}
	if _, err := carriedClient(t, p).Get(t.Context(), "/metrics", ""); fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "has none here; set auth") {
		t.Errorf("got %v", err)
	}
}

func TestACarriersOwnWordsAreKept(t *testing.T) {
	p := &porter{err: &fleet.Error{Kind: fleet.KindAuth, Op: "reach the pod", Err: errors.New("get on pods/proxy is not allowed")}}
	_, err := carriedClient(t, p).Get(t.Context(), "/metrics", "")
	if fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "pods/proxy") || !strings.Contains(err.Error(), "r1") {
		t.Errorf("got %v", err)
	}
}

func TestAWayThatNobodyKnowsIsSaid(t *testing.T) {
	_, err := New(Options{Source: "r1", Base: "http://pod:1", Via: "way/x"})
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "way/x") {
		t.Errorf("got %v", err)
	}
}
