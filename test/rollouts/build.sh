#!/usr/bin/env bash
# Builds the controller of Argo Rollouts from its Go module. Prints on standard output the one folder that then holds it
# and the definitions of its kinds, and says on the other stream what it does. The folder is outside of the checkout, named
# by what it was built from, and appears whole or not at all.
set -euo pipefail
cd "$(dirname "$0")"

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pitwall-test
MODULE=github.com/argoproj/argo-rollouts
VERSION=$(awk -v path=$MODULE '$1 == path && $2 ~ /^v/ { print $2; exit }' go.mod)
key=$(cat go.mod go.sum build.sh | sha256sum | cut -c1-12)
place=$CACHE/rollouts-$VERSION-$key

if [ -x "$place/rollouts-controller" ]; then
	echo "$place"
	exit
fi

say() { echo "$*" >&2; }
mkdir -p "$CACHE"
draft=$(mktemp -d "$CACHE/draft-XXXXXX")
trap 'rm -rf "$draft"' EXIT
began=$SECONDS

say "building the controller of Argo Rollouts $VERSION into $place (3 minutes on two cores)"
# -mod=readonly: the sums in go.sum hold.
CGO_ENABLED=0 GOFLAGS= GOWORK=off go build -mod=readonly -trimpath -ldflags "-s -w -X $MODULE/utils/version.version=$VERSION" \
	-o "$draft/" $MODULE/cmd/rollouts-controller >&2
cp "$(go list -mod=readonly -m -f '{{.Dir}}' $MODULE)"/manifests/crds/*-crd.yaml "$draft/"
chmod 644 "$draft"/*.yaml

chmod 755 "$draft"
if ! mv -T "$draft" "$place" 2>/dev/null && ! [ -x "$place/rollouts-controller" ]; then
	say "could not move the program to $place"
	exit 1
fi
say "built in $((SECONDS - began)) s"
echo "$place"
