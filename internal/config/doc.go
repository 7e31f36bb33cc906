// Package config reads pitwall's configuration file: strict YAML, version 1, secrets only by reference.
// It opens no connection and holds no credential.
package config

// Version is the one version of the file that this program reads.
const Version = 1
