// Package kubeapi serves a subset of the Kubernetes API over objects that its owner puts in: revisions and a bounded
// log of changes, lists with pages, watches with bookmarks and streamed lists, patches, access reviews, logs, the pod
// proxy and discovery, in JSON and protobuf through the codecs of apimachinery. Clients of the real API server work on
// it unchanged. It must not know what the objects stand for: there is no scheduler, kubelet or controller here.
package kubeapi
