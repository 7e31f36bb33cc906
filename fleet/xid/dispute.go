package xid

// disputes are the codes on which others judge otherwise than NVIDIA's catalogue, or than each other: gpud (leptonai/gpud
// 4a8de33) and the Kubernetes device plugin (NVIDIA/k8s-device-plugin 1b826ac).
var disputes = map[int]string{
	13:  "gpud warns, the Kubernetes device plugin ignores it",
	31:  "gpud warns, the Kubernetes device plugin ignores it",
	38:  "gpud calls it fatal and asks for a reboot, the Kubernetes device plugin takes the GPU out",
	43:  "gpud warns, the Kubernetes device plugin ignores it",
	44:  "gpud calls it fatal and asks for a reboot, the Kubernetes device plugin takes the GPU out",
	45:  "gpud warns, the Kubernetes device plugin ignores it",
	63:  "gpud calls it fatal and asks for a reboot, the Kubernetes device plugin takes the GPU out",
	68:  "gpud calls it fatal, the Kubernetes device plugin ignores it",
	94:  "gpud takes it for an application error, the Kubernetes device plugin takes the GPU out",
	109: "gpud only warns, the Kubernetes device plugin ignores it",
	119: "gpud asks for a reboot and an inspection, the Kubernetes device plugin takes the GPU out",
	120: "gpud asks for a reboot and an inspection, the Kubernetes device plugin takes the GPU out",
	121: "gpud calls it fatal and asks for a reboot, the Kubernetes device plugin takes the GPU out",
}

// Dispute says how others judge a code where they do not agree with the catalogue, "" where no disagreement is known.
func Dispute(code int) string { return disputes[code] }
