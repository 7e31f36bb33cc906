package economics

import "math"

// waiting is Erlang's C: the share of requests that find all servers busy, where load (arrivals times service time) meets so many
// servers, arrivals are random and requests wait as long as they must (A. K. Erlang, 1917; as M/M/c in any text on queues). 1 where
// the load is more than the servers can do.
func waiting(servers int, load float64) float64 {
	if load <= 0 {
		return 0
	}
	if servers < 1 || load >= float64(servers) {
		return 1
	}
	if spare := float64(servers) - load; spare > far*math.Sqrt(load)+far { // less than one in a million million waits
		return 0
	}
	blocked := 1.0 // Erlang's B, by its recursion, which loses no digits
	for k := 1; k <= servers; k++ {
		blocked = load * blocked / (float64(k) + load*blocked)
	}
	return blocked / (1 - load/float64(servers)*(1-blocked))
}

// far is how many deviations of a load its servers must be beyond it for nobody to wait.
const far = 8

// waitsLonger is the share of requests that wait longer than a time: C * exp(-(servers - load) * time / service).
func waitsLonger(servers int, load, service, than float64) float64 {
	c := waiting(servers, load)
	if c >= 1 || service <= 0 {
		return c
	}
	return c * math.Exp(-(float64(servers)-load)*than/service)
}
