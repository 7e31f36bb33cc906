package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Router is a running SMG or SGLang router. It keeps its workers in memory.
type Router struct {
	URL     string
	Metrics string
	*Process
	dir string
}

// StartSMG starts a gateway of SMG with some engines, and comes back when it answers.
func StartSMG(ctx context.Context, workers ...string) (*Router, error) {
	return startRouter(ctx, SMGVariable, "python with smg", []string{"-m", "smg", "launch", "--disable-tokenizer-autoload"}, workers)
}

// StartSGLangRouter starts a router of SGLang with some engines, and comes back when it answers.
func StartSGLangRouter(ctx context.Context, workers ...string) (*Router, error) {
	return startRouter(ctx, SGLangRouterVariable, "python with sglang-router", []string{"-m", "sglang_router.launch_router"}, workers)
}

func startRouter(ctx context.Context, variable, what string, args, workers []string) (*Router, error) {
	python, err := program(variable, what)
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(ctx, 2)
	if err != nil {
		return nil, err
	}
	r := &Router{URL: url("http", ports[0]), Metrics: url("http", ports[1]) + "/metrics"}
	if r.dir, err = os.MkdirTemp("", "pitwall-router-"); err != nil {
		return nil, err
	}
	args = append(args, "--host", loopback, "--port", fmt.Sprint(ports[0]), "--prometheus-host", loopback, "--prometheus-port",
		fmt.Sprint(ports[1]), "--policy", "round_robin", "--worker-urls")
	r.Process, err = startWith([]string{"HF_HUB_OFFLINE=1"}, r.dir, "router", python, append(args, workers...)...)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.dir))
	}
	if err := awaitPage(ctx, r.Process, r.URL+"/workers"); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close stops it and removes its files.
func (r *Router) Close() {
	r.stop()
	_ = os.RemoveAll(r.dir)
}
