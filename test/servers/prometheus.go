package servers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Scrape is a job of Prometheus.
type Scrape struct {
	Job     string
	Targets []string          // HOST:PORT
	Path    string            // empty is /metrics
	Labels  map[string]string // set on all targets
}

// PrometheusOptions choose what a Prometheus does.
type PrometheusOptions struct {
	Scrapes  []Scrape
	Interval time.Duration // between scrapes and rule evaluations, whole milliseconds; 0 is a second
	Rules    string        // a file of rules in YAML; empty has none
	// Alertmanager is the HOST:PORT to which alerts are sent; empty sends none.
	Alertmanager string
}

// Prometheus is a running Prometheus.
type Prometheus struct {
	URL string
	*Process
	dir string
}

// StartPrometheus starts one that scrapes the given targets, and comes back when it answers.
func StartPrometheus(ctx context.Context, o PrometheusOptions) (*Prometheus, error) {
	bin, err := program(PrometheusVariable, "prometheus")
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	p := &Prometheus{URL: url("http", ports[0])}
	if p.dir, err = os.MkdirTemp("", "pitwall-prometheus-"); err != nil {
		return nil, err
	}
	if err := o.write(p.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.dir))
	}
	p.Process, err = start(p.dir, "prometheus", bin, "--config.file="+filepath.Join(p.dir, "prometheus.yml"),
		fmt.Sprintf("--web.listen-address=%s:%d", loopback, ports[0]), "--storage.tsdb.path="+filepath.Join(p.dir, "data"),
		"--web.enable-lifecycle", "--log.level=warn")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.dir))
	}
	if err := awaitPage(ctx, p.Process, p.URL+"/-/ready"); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close stops it and removes its data.
func (p *Prometheus) Close() {
	p.stop()
	_ = os.RemoveAll(p.dir)
}

// write puts the configuration into a folder. JSON is YAML.
func (o PrometheusOptions) write(dir string) error {
	interval := o.Interval
	if interval == 0 {
		interval = time.Second
	}
	every := fmt.Sprintf("%dms", interval.Milliseconds())
	config := map[string]any{"global": map[string]any{"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every}}
	var jobs []any
	for _, s := range o.Scrapes {
		job := map[string]any{"job_name": s.Job, "static_configs": []any{map[string]any{"targets": s.Targets, "labels": s.Labels}}}
		if s.Path != "" {
			job["metrics_path"] = s.Path
		}
		jobs = append(jobs, job)
	}
	config["scrape_configs"] = jobs
	if o.Alertmanager != "" {
		config["alerting"] = map[string]any{"alertmanagers": []any{
			map[string]any{"static_configs": []any{map[string]any{"targets": []string{o.Alertmanager}}}}}}
	}
	if o.Rules != "" {
		path := filepath.Join(dir, "rules.yml")
		if err := os.WriteFile(path, []byte(o.Rules), 0o600); err != nil {
			return err
		}
		config["rule_files"] = []string{path}
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "prometheus.yml"), text, 0o600)
}

// awaitPage waits until a server answers well.
func awaitPage(ctx context.Context, p *Process, address string) error {
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	return p.await(ctx, "answered", func(ctx context.Context) error { return get(ctx, address) })
}
