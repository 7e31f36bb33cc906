package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// StackRouter is a running router of the vLLM production stack that follows a file.
type StackRouter struct {
	URL  string
	File string // that it follows
	*Process
	dir string
}

// StartStackRouter starts one on a text, in YAML or, where the name ends so, in JSON, and comes back when it answers.
func StartStackRouter(ctx context.Context, name, text string) (*StackRouter, error) {
	bin, err := program(StackRouterVariable, "router of the vLLM production stack")
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	r := &StackRouter{URL: url("http", ports[0])}
	if r.dir, err = os.MkdirTemp("", "pitwall-router-"); err != nil {
		return nil, err
	}
	r.File = filepath.Join(r.dir, name)
	form := "--dynamic-config-yaml"
	if filepath.Ext(name) == ".json" {
		form = "--dynamic-config-json"
	}
	if err = os.WriteFile(r.File, []byte(text), 0o600); err == nil {
		r.Process, err = start(r.dir, "router", bin, "--host", loopback, "--port", fmt.Sprint(ports[0]), form, r.File)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.dir))
	}
	if err := awaitPage(ctx, r.Process, r.URL+"/health"); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close stops it and removes its files.
func (r *StackRouter) Close() {
	r.stop()
	_ = os.RemoveAll(r.dir)
}
