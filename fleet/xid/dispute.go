package xid

// disputes are the codes on which others judge otherwise than NVIDIA's catalogue, or than each other: gpud (leptonai/gpud
// 4a8de33) and the device plugin of Kubernetes (NVIDIA/k8s-device-plugin 1b826ac).
var disputes = map[int]string{
	13:  "gpud: warning; device plugin: ignored",
	31:  "gpud: warning; device plugin: ignored",
	38:  "gpud: fatal, reboot; device plugin: GPU unhealthy",
	43:  "gpud: warning; device plugin: ignored",
	44:  "gpud: fatal, reboot; device plugin: GPU unhealthy",
	45:  "gpud: warning; device plugin: ignored",
	63:  "gpud: fatal, reboot; device plugin: GPU unhealthy",
	68:  "gpud: fatal; device plugin: ignored",
	94:  "gpud: application only; device plugin: GPU unhealthy",
	109: "gpud: warning only; device plugin: ignored",
	119: "gpud: reboot, inspect; device plugin: GPU unhealthy",
	120: "gpud: reboot, inspect; device plugin: GPU unhealthy",
	121: "gpud: fatal, reboot; device plugin: GPU unhealthy",
}

// Dispute says how others judge a code where they do not agree with the catalogue, "" where no disagreement is known.
func Dispute(code int) string { return disputes[code] }
