package servers

import (
	"context"
	"fmt"
	"net"
)

// loopback is where all servers listen.
const loopback = "127.0.0.1"

// freePorts are ports of the loopback address that nobody listens on now.
func freePorts(ctx context.Context, n int) ([]int, error) {
	var ports []int
	for range n { // all are held until the last is found, so that they differ
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", loopback+":0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

func url(scheme string, port int) string { return fmt.Sprintf("%s://%s:%d", scheme, loopback, port) }
