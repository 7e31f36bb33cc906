package nvidiasmi

import "pitwall/fleet"

// Exit codes of the shell at the far end and of ssh itself.
const (
	exitNotRun   = 126
	exitNotFound = 127
	exitRemote   = 255
)

// Exit codes of nvidia-smi with which its table is whole all the same: one GPU of several is in trouble.
const (
	exitInfoROM = 14
	exitLost    = 15
)

func warns(code int) bool { return code == exitInfoROM || code == exitLost }

// exitText says what an exit code of nvidia-smi means (its manual page, section RETURN VALUE).
func exitText(code int) fleet.Safe {
	switch code {
	case 2:
		return fleet.Text("nvidia-smi does not take these arguments")
	case 3:
		return fleet.Text("nvidia-smi cannot do this on these GPUs")
	case 4:
		return fleet.Text("the user lacks the right to query the GPUs")
	case 6:
		return fleet.Text("nvidia-smi finds no such GPU")
	case 8:
		return fleet.Text("the external power of a GPU is not attached")
	case 9:
		return fleet.Text("the NVIDIA driver is not loaded")
	case 10:
		return fleet.Text("the driver sees an interrupt problem with a GPU")
	case 12:
		return fleet.Text("the NVML library is not found")
	case 13:
		return fleet.Text("the installed NVML library is too old for nvidia-smi")
	case exitInfoROM:
		return fleet.Text("nvidia-smi says that the infoROM of a GPU is corrupt")
	case exitLost:
		return fleet.Text("nvidia-smi says that a GPU fell off the bus or is not reachable")
	case exitNotRun:
		return fleet.Text("the program cannot be run")
	case exitNotFound:
		return fleet.Text("there is no such program on the machine")
	default:
		return fleet.Concat(fleet.Text("the command ended with code "), fleet.Int(code))
	}
}
