package promapi_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"pitwall/backends/prometheus"
	"pitwall/backends/sim/promapi"
	"pitwall/fleet"
)

func TestX(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 14, 0, 0, time.UTC)
	clock := fleet.NewVirtualClock(now)
	large := promapi.NewLarge(promapi.LargeModel(now))
	s := httptest.NewServer(promapi.New(promapi.Options{Data: large, Clock: clock}))
	defer s.Close()
	r, err := prometheus.Connector().NewReader(fleet.SourceSpec{ID: "p", URL: s.URL}, fleet.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	pools := []fleet.PoolSpec{{ID: "llm-00", Engine: "vllm", Store: &fleet.StorePool{Source: "p", Replicas: `namespace="llm",pod=~"llm-00-.*"`, GPUs: `exported_pod=~"llm-00-.*"`}}}
	r.(fleet.Store).Serve(nil, pools)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for range 3 {
		began := time.Now()
		p, err := r.Read(ctx)
		t.Log(time.Since(began), err)
		for _, x := range p.Pools {
			t.Logf("%+v", x)
		}
		for _, n := range p.Notices {
			t.Log(n.Text.String())
		}
	}
}
