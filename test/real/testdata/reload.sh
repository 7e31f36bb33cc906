#!/bin/sh
# Restarts one LiteLLM replica of the test bed, as an operator's service manager would: stops the old process by its
# recorded id, starts a new one with an output of its own, and ends. It does not wait for the new one to be ready.
set -eu
cd "$(dirname "$0")"
. ./bed.env # PORT_1, PORT_2 and LITELLM
n=$1
eval "port=\$PORT_$n"
if [ -s "replica-$n.pid" ]; then
	old=$(cat "replica-$n.pid")
	kill -TERM "$old" 2>/dev/null || true
	i=0
	while kill -0 "$old" 2>/dev/null; do
		i=$((i + 1))
		if [ "$i" -gt 50 ]; then
			kill -KILL "$old" 2>/dev/null || true
		fi
		sleep 0.1
	done
	rm -f "replica-$n.pid"
fi
# Without the variable the start-up would download a price map.
LITELLM_LOCAL_MODEL_COST_MAP=True setsid nohup "$LITELLM" --config "replica-$n/config.yaml" --host 127.0.0.1 \
	--port "$port" >>"replica-$n.log" 2>&1 </dev/null &
echo $! >"replica-$n.pid"
