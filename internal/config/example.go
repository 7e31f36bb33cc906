package config

import _ "embed"

// Example is the commented example that `pitwall config example` prints; a test loads it.
//
//go:embed example.yaml
var Example string
