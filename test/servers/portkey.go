package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Portkey is a running open-source gateway of Portkey. It keeps nothing: each request says itself where it may go.
type Portkey struct {
	URL string
	*Process
	dir string
}

// StartPortkey starts one without its console, and comes back when it answers. It listens on all addresses, since only its port
// can be chosen, and reaches servers on the loopback address alone.
func StartPortkey(ctx context.Context) (*Portkey, error) {
	node, err := program(NodeVariable, "node")
	if err != nil {
		return nil, err
	}
	script, err := program(PortkeyVariable, "gateway of Portkey")
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	p := &Portkey{URL: url("http", ports[0])}
	if p.dir, err = os.MkdirTemp("", "pitwall-portkey-"); err != nil {
		return nil, err
	}
	environ := []string{"NODE_ENV=production", "TRUSTED_CUSTOM_HOSTS=" + loopback}
	p.Process, err = startWith(environ, p.dir, "portkey", node, script, "--headless", fmt.Sprintf("--port=%d", ports[0]))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.dir))
	}
	if err := awaitPage(ctx, p.Process, p.URL+"/"); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close stops it and removes its files.
func (p *Portkey) Close() {
	p.stop()
	_ = os.RemoveAll(p.dir)
}
