package config

import (
	"os"
	"path/filepath"
)

// Env names the variable that holds a path of the configuration.
const Env = "PITWALL_CONFIG"

// Find returns the first configuration that exists: flag, then PITWALL_CONFIG, then the XDG folders. A path that was
// named and does not exist is returned as it is, so that opening it says why. looked lists where it searched.
func Find(flag string, environ func(string) string) (path string, looked []string) {
	if flag != "" {
		return flag, []string{flag}
	}
	if p := environ(Env); p != "" {
		return p, []string{p}
	}
	for _, dir := range configDirs(environ) {
		p := filepath.Join(dir, "pitwall", "config.yaml")
		looked = append(looked, p)
		if _, err := os.Stat(p); err == nil {
			return p, looked
		}
	}
	return "", looked
}

func configDirs(environ func(string) string) []string {
	var dirs []string
	if d := environ("XDG_CONFIG_HOME"); filepath.IsAbs(d) {
		dirs = append(dirs, d)
	} else if home := environ("HOME"); home != "" {
		dirs = append(dirs, filepath.Join(home, ".config"))
	}
	system := environ("XDG_CONFIG_DIRS")
	if system == "" {
		system = "/etc/xdg"
	}
	for _, d := range filepath.SplitList(system) {
		if filepath.IsAbs(d) {
			dirs = append(dirs, d)
		}
	}
	return dirs
}

// StateDir returns where journal, audit, locks, history and log live: the configuration's choice, else
// XDG_STATE_HOME, else ~/.local/state.
func StateDir(configured string, environ func(string) string) string {
	switch home := environ("HOME"); {
	case configured != "":
		return configured
	case filepath.IsAbs(environ("XDG_STATE_HOME")):
		return filepath.Join(environ("XDG_STATE_HOME"), "pitwall")
	case home != "":
		return filepath.Join(home, ".local", "state", "pitwall")
	default:
		return filepath.Join(os.TempDir(), "pitwall-state")
	}
}
