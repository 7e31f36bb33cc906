#!/usr/bin/env bash
# Runs pitwall against real servers and terminals. Installs what is missing where it can, says what it skips and why;
# REQUIRE_REAL=1 makes a skip a failure. Nothing but package downloads leaves the machine.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The versions that this was written against; a newer one is a change to look at.
LITELLM_VERSION=1.106.2
RAY_VERSION=2.60.0
BENTOML_VERSION=1.4.40
PORTKEY_VERSION=1.15.2
SMG_VERSION=1.13.0
SGLANG_ROUTER_VERSION=0.3.2
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pitwall-test
skipped=()

skip() {
	echo "SKIP $1"
	skipped+=("$1")
}

# package PROGRAM PACKAGE WHAT: installs a Debian package where the program is missing and root may install.
package() {
	if command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; then
		return
	fi
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "installing $2"
		apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1 ||
			{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "$2"; } >/dev/null 2>&1 || true
	fi
	if ! command -v "$1" >/dev/null && ! [ -x "/usr/sbin/$1" ]; then
		skip "$3: $1 is missing and could not be installed (package $2)"
	fi
}

# from_pypi TITLE PACKAGE VERSION [SPEC...]: a Python package in an environment of its own, $CACHE/PACKAGE.
from_pypi() {
	local title=$1 name=$2 version=$3 place=$CACHE/$2
	shift 3
	if [ "$("$place/bin/python3" -c "import importlib.metadata as m; print(m.version('$name'))" 2>/dev/null || true)" = "$version" ]; then
		return
	fi
	if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
		if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
			{ apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; } >/dev/null 2>&1 || true
		fi
	fi
	if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
		skip "$title: there is no python3 with venv"
		return
	fi
	echo "installing $name $version into $place"
	mkdir -p "$CACHE"
	rm -rf "$place"
	if ! { python3 -m venv "$place" && "$place/bin/pip" install -q "$@"; } >"$CACHE/$name-pip.log" 2>&1; then
		tail -3 "$CACHE/$name-pip.log"
		rm -rf "$place"
		skip "$title: pip could not install version $version (see $CACHE/$name-pip.log)"
	fi
}

# from_npm TITLE PACKAGE VERSION NAME: a package of npm in a folder of its own, $CACHE/NAME. What it would run at its
# installation is not run.
from_npm() {
	local title=$1 name=$2 version=$3 place=$CACHE/$4
	package node nodejs "$title"
	if [ "$(node -p "require('$place/node_modules/$name/package.json').version" 2>/dev/null || true)" = "$version" ]; then
		return
	fi
	package npm npm "$title"
	if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
		return # which is said
	fi
	echo "installing $name $version into $place"
	rm -rf "$place"
	mkdir -p "$place"
	if ! npm install --prefix "$place" --ignore-scripts --no-audit --no-fund --no-save "$name@$version" >"$CACHE/$4-npm.log" 2>&1; then
		tail -3 "$CACHE/$4-npm.log"
		rm -rf "$place"
		skip "$title: npm could not install version $version (see $CACHE/$4-npm.log)"
	fi
}

# unpacked PROGRAM PACKAGE WHAT: takes a program out of a Debian package without installing it, since that would start it
# as a service of the machine.
unpacked() {
	local place=$CACHE/$2
	if command -v "$1" >/dev/null || [ -x "$place/usr/bin/$1" ]; then
		return
	fi
	if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
		echo "unpacking $2 into $place"
		rm -rf "$place.draft"
		mkdir -p "$place.draft"
		(
			cd "$place.draft"
			apt-get download -qq "$2" || { [ "$(id -u)" = 0 ] && apt-get update -qq && apt-get download -qq "$2"; }
			dpkg -x "$2"_*.deb .
		) >"$CACHE/$2.log" 2>&1 && rm -rf "$place" && mv "$place.draft" "$place" || true
	fi
	if ! [ -x "$place/usr/bin/$1" ]; then
		skip "$3: $1 is missing and could not be unpacked (package $2, see $CACHE/$2.log)"
	fi
}

# Debian's Alertmanager reads its templates from one place of the machine alone.
TEMPLATES=/usr/share/prometheus/alertmanager
alertmanager() {
	unpacked prometheus-alertmanager prometheus-alertmanager "Alertmanager"
	if ! [ -e "$TEMPLATES" ] && [ -e "$CACHE/prometheus-alertmanager$TEMPLATES" ]; then
		{ mkdir -p "${TEMPLATES%/*}" && cp -r "$CACHE/prometheus-alertmanager$TEMPLATES" "$TEMPLATES"; } 2>/dev/null ||
			skip "Alertmanager: it needs $TEMPLATES, which only root can put there"
	fi
}

# where PROGRAM PACKAGE: its path, empty where there is none.
where() { command -v "$1" || { [ -x "$CACHE/$2/usr/bin/$1" ] && echo "$CACHE/$2/usr/bin/$1"; } || true; }

control_plane() {
	local log=$CACHE/cluster.log
	mkdir -p "$CACHE"
	if ! PITWALL_TEST_CLUSTER=$(./test/cluster/build.sh 2> >(tee "$log" >&2)); then
		skip "Kubernetes: its control plane could not be built (see $log)"
		return
	fi
	export PITWALL_TEST_CLUSTER
}

rollouts() {
	local log=$CACHE/rollouts.log
	mkdir -p "$CACHE"
	if ! PITWALL_TEST_ROLLOUTS=$(./test/rollouts/build.sh 2> >(tee "$log" >&2)); then
		skip "Argo Rollouts: its controller could not be built (see $log)"
		return
	fi
	export PITWALL_TEST_ROLLOUTS
}

package tmux tmux "terminal sizes and OpenSSH"
package sshd openssh-server "OpenSSH"
package ssh openssh-client "OpenSSH"
from_pypi LiteLLM litellm "$LITELLM_VERSION" "litellm[proxy]==$LITELLM_VERSION" prometheus_client
from_pypi "Ray Serve" ray "$RAY_VERSION" "ray[serve]==$RAY_VERSION"
from_pypi BentoML bentoml "$BENTOML_VERSION" "bentoml==$BENTOML_VERSION"
from_pypi SMG smg "$SMG_VERSION" "smg==$SMG_VERSION"
from_pypi "SGLang router" sglang-router "$SGLANG_ROUTER_VERSION" "sglang-router==$SGLANG_ROUTER_VERSION"
from_npm "Portkey's gateway" @portkey-ai/gateway "$PORTKEY_VERSION" portkey-gateway
unpacked prometheus prometheus "Prometheus"
alertmanager
package chromium-headless-shell chromium-headless-shell "a browser for exported pages"
control_plane
rollouts
package ip iproute2 "Network namespace"

if [ "${#skipped[@]}" -gt 0 ] && [ "${REQUIRE_REAL:-}" = 1 ]; then
	echo "REQUIRE_REAL=1 forbids skipping" >&2
	exit 1
fi
export PITWALL_TEST_LITELLM=$CACHE/litellm/bin/litellm PITWALL_TEST_RAY=$CACHE/ray/bin/python3 PITWALL_TEST_BENTOML=$CACHE/bentoml/bin/bentoml
[ -x "$PITWALL_TEST_LITELLM" ] || unset PITWALL_TEST_LITELLM
[ -x "$PITWALL_TEST_RAY" ] || unset PITWALL_TEST_RAY
[ -x "$PITWALL_TEST_BENTOML" ] || unset PITWALL_TEST_BENTOML
export PITWALL_TEST_SMG=$CACHE/smg/bin/python3 PITWALL_TEST_SGLANGROUTER=$CACHE/sglang-router/bin/python3
[ -x "$PITWALL_TEST_SMG" ] || unset PITWALL_TEST_SMG
[ -x "$PITWALL_TEST_SGLANGROUTER" ] || unset PITWALL_TEST_SGLANGROUTER
PITWALL_TEST_PORTKEY=$CACHE/portkey-gateway/node_modules/@portkey-ai/gateway/build/start-server.js
[ -e "$PITWALL_TEST_PORTKEY" ] || PITWALL_TEST_PORTKEY=
PITWALL_TEST_NODE=$(command -v node || true)
export PITWALL_TEST_PORTKEY PITWALL_TEST_NODE
PITWALL_TEST_PROMETHEUS=$(where prometheus prometheus)
PITWALL_TEST_ALERTMANAGER=$(where prometheus-alertmanager prometheus-alertmanager)
[ -e "$TEMPLATES" ] || PITWALL_TEST_ALERTMANAGER=
PITWALL_TEST_BROWSER=$(command -v chromium-headless-shell || true)
export PITWALL_TEST_PROMETHEUS PITWALL_TEST_ALERTMANAGER PITWALL_TEST_BROWSER
# Most tests wait most of the time, so more of them run at once than there are cores.
exec go test -tags real -count=1 -timeout 30m -parallel 6 -v ./test/real/...
