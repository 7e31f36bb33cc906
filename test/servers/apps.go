package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// quitting is how long an application server may take to end the processes that it started.
const quitting = 30 * time.Second

// RayServe is a running Ray node with the applications of one script.
type RayServe struct {
	URL       string // of the applications
	Metrics   string // of the node's metrics page
	Dashboard string // which wants Token
	Token     string
	*Process
	dir string
}

// StartRayServe runs a script that starts Ray and serves: its arguments are the ports of applications, metrics and
// dashboard, and a folder; it says "serving" once it does, and ends Ray when it is told to end. It reports nothing to
// anybody. Ray itself opens some ports on all addresses.
func StartRayServe(ctx context.Context, script string) (*RayServe, error) {
	python, err := program(RayVariable, "python with ray[serve]")
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(ctx, 3)
	if err != nil {
		return nil, err
	}
	r := &RayServe{URL: url("http", ports[0]), Metrics: url("http", ports[1]), Dashboard: url("http", ports[2]),
		Token: "test-bed-token-that-opens-nothing-else"}
	if r.dir, err = os.MkdirTemp("", "pitwall-ray-"); err != nil {
		return nil, err
	}
	environ := []string{"RAY_USAGE_STATS_ENABLED=0", "RAY_AUTH_MODE=token", "RAY_AUTH_TOKEN=" + r.Token, "PYTHONUNBUFFERED=1"}
	r.Process, err = startWith(environ, r.dir, "ray", python, script, fmt.Sprint(ports[0]), fmt.Sprint(ports[1]), fmt.Sprint(ports[2]), r.dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.dir))
	}
	ctx, cancel := context.WithTimeout(ctx, slowly)
	defer cancel()
	if err := r.await(ctx, "said that it serves", r.serves); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

var errNotYet = errors.New("not yet")

func (r *RayServe) serves(context.Context) error {
	said, err := os.ReadFile(r.Log)
	if err == nil && !bytes.Contains(said, []byte("\nserving")) {
		err = errNotYet
	}
	return err
}

// Close stops it and removes its files.
func (r *RayServe) Close() {
	r.quit(quitting)
	_ = os.RemoveAll(r.dir)
}

// BentoML is a running BentoML server.
type BentoML struct {
	URL string
	*Process
	dir string
}

// StartBentoML serves a service of a script, and comes back when it is ready. It reports nothing to anybody.
func StartBentoML(ctx context.Context, script, service string) (*BentoML, error) {
	bin, err := program(BentoMLVariable, "bentoml")
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	b := &BentoML{URL: url("http", ports[0])}
	if b.dir, err = os.MkdirTemp("", "pitwall-bentoml-"); err != nil {
		return nil, err
	}
	environ := []string{"BENTOML_DO_NOT_TRACK=True", "BENTOML_HOME=" + filepath.Join(b.dir, "home")}
	module := filepath.Base(script)
	b.Process, err = startWith(environ, b.dir, "bentoml", bin, "serve", module[:len(module)-len(filepath.Ext(module))]+":"+service,
		"--working-dir", filepath.Dir(script), "--host", loopback, "--port", fmt.Sprint(ports[0]))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(b.dir))
	}
	ctx, cancel := context.WithTimeout(ctx, slowly)
	defer cancel()
	err = b.await(ctx, "was ready", func(ctx context.Context) error { return get(ctx, b.URL+"/readyz") })
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// slowly is how long an application server may take to start: minutes where other tests have the cores.
const slowly = 5 * time.Minute

// Close stops it and removes its files.
func (b *BentoML) Close() {
	b.quit(quitting)
	_ = os.RemoveAll(b.dir)
}
