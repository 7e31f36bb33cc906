// Package deploy holds the least-privilege manifests of pitwall, one for each feature, so that tests read the files that
// people apply. It must not hold anything else.
package deploy

import "embed"

// Files are the manifests.
//
//go:embed *.yaml
var Files embed.FS
