package servers

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// loopback is where all servers listen.
const loopback = "127.0.0.1"

// The range in which ports are chosen. It ends below the one from which systems give ports to whoever connects: a server
// that starts seconds later would find its port taken by a client of another.
const (
	firstPort = 20000
	lastPort  = 30000
)

// FreePorts are ports of the loopback address that nobody listens on now.
func FreePorts(ctx context.Context, n int) ([]int, error) {
	var ports []int
	for range 100 * n { // all are held until the last is found, so that they differ
		port := firstPort + rand.IntN(lastPort-firstPort)
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err != nil {
			continue
		}
		defer func() { _ = l.Close() }()
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, fmt.Errorf("found %d free ports from %d to %d, not %d", len(ports), firstPort, lastPort, n)
}

func url(scheme string, port int) string { return fmt.Sprintf("%s://%s:%d", scheme, loopback, port) }
