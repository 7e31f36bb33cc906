package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Alertmanager is a running Alertmanager that notifies nobody.
type Alertmanager struct {
	URL string
	*Process
	dir string
}

// StartAlertmanager starts one without peers, and comes back when it answers.
func StartAlertmanager(ctx context.Context) (*Alertmanager, error) {
	bin, err := program(AlertmanagerVariable, "alertmanager")
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	a := &Alertmanager{URL: url("http", ports[0])}
	if a.dir, err = os.MkdirTemp("", "pitwall-alertmanager-"); err != nil {
		return nil, err
	}
	config := filepath.Join(a.dir, "alertmanager.yml")
	err = os.WriteFile(config, []byte("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"), 0o600)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(a.dir))
	}
	a.Process, err = start(a.dir, "alertmanager", bin, "--config.file="+config, "--storage.path="+filepath.Join(a.dir, "data"),
		fmt.Sprintf("--web.listen-address=%s:%d", loopback, ports[0]), "--cluster.listen-address=", "--log.level=warn")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(a.dir))
	}
	if err := awaitPage(ctx, a.Process, a.URL+"/-/ready"); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// Close stops it and removes its data.
func (a *Alertmanager) Close() {
	a.stop()
	_ = os.RemoveAll(a.dir)
}

// Address is HOST:PORT, as Prometheus wants it.
func (a *Alertmanager) Address() string { return strings.TrimPrefix(a.URL, "http://") }

// Fire sends an alert, as a Prometheus does, that lasts until a time.
func (a *Alertmanager) Fire(ctx context.Context, until time.Time, labels map[string]string) error {
	return post(ctx, a.URL+"/api/v2/alerts", []any{map[string]any{"labels": labels, "startsAt": time.Now().Add(-time.Minute), "endsAt": until,
		"annotations": map[string]string{"summary": "fired by a test"}}}, nil)
}
