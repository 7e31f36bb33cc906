package portkey

import (
	"io"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func readGateway(t *testing.T, answer *contract.Answer) (fleet.Partial, *contract.Asked, error) {
	t.Helper()
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if path != "/" {
			return nil
		}
		return answer
	})
	r, err := newGatewayReader(fleet.SourceSpec{ID: "oss", Kind: KindGateway, URL: s.URL}, deps(fleet.NewVirtualClock(now()), io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Read(t.Context())
	return p, s, err
}

func TestTheOpenSourceGatewaySaysWhatCanBeDone(t *testing.T) {
	p, s, err := readGateway(t, &contract.Answer{Body: "AI Gateway says hey!"})
	if err != nil {
		t.Fatal(err)
	}
	g := p.Gateway
	if g.Mode != fleet.GatewayModeNone || len(g.Deployments) != 0 || len(g.Routing) != 0 || p.Health != fleet.Some(true) || !p.At.Equal(now()) ||
		!p.ServerTime.OK {
		t.Errorf("%+v", p)
	}
	for _, part := range []string{"x-portkey-config", "clients", "control plane"} {
		if !strings.Contains(g.ModeWhy.String(), part) {
			t.Errorf("it does not name %q: %s", part, g.ModeWhy)
		}
	}
	s.Only(t, "GET /")
	for _, c := range Connectors() {
		if c.Kind == KindGateway && c.NewWriter != nil {
			t.Error("a gateway that keeps nothing has a writer")
		}
	}
}

func TestAnotherServerIsNoGateway(t *testing.T) {
	for _, a := range []contract.Answer{{Body: ""}, {Body: "<html>AI Gateway</html>"}, {Body: "Sign in"}} {
		if _, _, err := readGateway(t, &a); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", a.Body, err)
		}
	}
	for status, kind := range map[int]fleet.Kind{401: fleet.KindAuth, 404: fleet.KindNotFound, 503: fleet.KindServer} {
		if _, _, err := readGateway(t, &contract.Answer{Status: status}); fleet.KindOf(err) != kind {
			t.Errorf("%d: %v", status, err)
		}
	}
}
