package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// ChangeMark is the name under which objects of a cluster say which change wrote them.
const ChangeMark = "pitwall.dev/change"

// AuditID is the UUID (RFC 9562, version 8) that is sent with a write as its Audit-ID. It follows from the name of the write,
// so that what the API server notes of its requests is found by what is in the journal.
func AuditID(name string) string {
	sum := sha256.Sum256([]byte(ChangeMark + "\x00" + name))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// InCluster tells a kind that an API server of Kubernetes serves. The others are those of clouds, and of Ray Serve's own API:
// these note no Audit-ID.
func (k ObjectKind) InCluster() bool {
	return !slices.Contains([]string{"aiplatform.googleapis.com", "cloud.bentoml.com", "Microsoft.MachineLearningServices",
		"serve.ray.io"}, k.Group)
}
