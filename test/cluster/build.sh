#!/usr/bin/env bash
# Builds the parts of a Kubernetes control plane from their Go modules: etcd, kube-apiserver, kube-controller-manager,
# kube-scheduler and KWOK, which plays the nodes; and kubectl, which asks it. Prints on standard output the one folder
# that then holds them, and says on the other stream what it does. The folder is outside of the checkout, named by what
# it was built from, and appears whole or not at all, so that a build that was broken off or runs twice at once leaves
# nothing half done.
set -euo pipefail
cd "$(dirname "$0")"

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pitwall-test
version() { awk -v path="$1" '$1 == path && $2 ~ /^v/ { print $2; exit }' go.mod; }
KUBERNETES=$(version k8s.io/kubernetes)
ETCD=$(version go.etcd.io/etcd/server/v3)
KWOK=$(version sigs.k8s.io/kwok)
# Whatever changes a program changes the name: versions, sums, and how they are built.
key=$(cat go.mod go.sum build.sh | sha256sum | cut -c1-12)
place=$CACHE/cluster-$KUBERNETES-$key

if [ -x "$place/kube-apiserver" ]; then
	echo "$place"
	exit
fi

say() { echo "$*" >&2; }
mkdir -p "$CACHE"
draft=$(mktemp -d "$CACHE/draft-XXXXXX")
trap 'rm -rf "$draft"' EXIT
began=$SECONDS

# Programs that are built from modules do not know their version unless they are told.
minor=${KUBERNETES#v1.}
stamp="-s -w"
for part in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	stamp+=" -X $part.gitVersion=$KUBERNETES -X $part.gitMajor=1 -X $part.gitMinor=${minor%%.*} -X $part.gitTreeState=clean"
done

say "building kube-apiserver, kube-controller-manager, kube-scheduler and kubectl $KUBERNETES, etcd $ETCD, kwok $KWOK into $place (10 minutes on two cores)"
# One call, so that one program is linked while another is compiled. -mod=readonly: the sums in go.sum hold.
CGO_ENABLED=0 GOFLAGS= GOWORK=off go build -mod=readonly -trimpath -ldflags "$stamp" -o "$draft/" \
	go.etcd.io/etcd/server/v3 k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager \
	k8s.io/kubernetes/cmd/kube-scheduler k8s.io/kubernetes/cmd/kubectl \
	sigs.k8s.io/kwok/cmd/kwok >&2
mv "$draft/server" "$draft/etcd"

# What the played nodes and pods do is said by stages, which are in the module of KWOK.
stages=$(go list -mod=readonly -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage
for file in "$stages"/node/fast/node-initialize.yaml "$stages"/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml \
	"$stages"/pod/fast/pod-*.yaml; do
	cat "$file"
	echo
	echo "---"
done >"$draft/stages.yaml"

chmod 755 "$draft"
if ! mv -T "$draft" "$place" 2>/dev/null && ! [ -x "$place/kube-apiserver" ]; then
	say "could not move the programs to $place"
	exit 1
fi
say "built in $((SECONDS - began)) s"
echo "$place"
