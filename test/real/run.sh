#!/usr/bin/env bash
# Runs pitwall against real servers and terminals. Installs what is missing where it can, says what it skips and why;
# REQUIRE_REAL=1 makes a skip a failure. Nothing but package downloads leaves the machine.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The version that this was written against; a newer one is a change to look at.
LITELLM_VERSION=1.106.2
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pitwall-test
VENV=$CACHE/litellm
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

litellm_version() {
	"$VENV/bin/python3" -c 'import importlib.metadata as m; print(m.version("litellm"))' 2>/dev/null || true
}

litellm() {
	if [ "$(litellm_version)" = "$LITELLM_VERSION" ]; then
		return
	fi
	if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
		if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
			{ apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; } >/dev/null 2>&1 || true
		fi
	fi
	if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
		skip "LiteLLM: there is no python3 with venv"
		return
	fi
	echo "installing litellm $LITELLM_VERSION into $VENV"
	mkdir -p "$CACHE"
	rm -rf "$VENV"
	if ! { python3 -m venv "$VENV" &&
		"$VENV/bin/pip" install -q "litellm[proxy]==$LITELLM_VERSION" prometheus_client; } >"$CACHE/pip.log" 2>&1; then
		tail -3 "$CACHE/pip.log"
		rm -rf "$VENV"
		skip "LiteLLM: pip could not install version $LITELLM_VERSION (see $CACHE/pip.log)"
	fi
}

package tmux tmux "terminal sizes and OpenSSH"
package sshd openssh-server "OpenSSH"
package ssh openssh-client "OpenSSH"
litellm

if [ "${#skipped[@]}" -gt 0 ] && [ "${REQUIRE_REAL:-}" = 1 ]; then
	echo "REQUIRE_REAL=1 forbids skipping" >&2
	exit 1
fi
export PITWALL_TEST_LITELLM=$VENV/bin/litellm
[ -x "$PITWALL_TEST_LITELLM" ] || unset PITWALL_TEST_LITELLM
# Most tests wait most of the time, so more of them run at once than there are cores.
exec go test -tags real -count=1 -timeout 20m -parallel 8 -v ./test/real/...
