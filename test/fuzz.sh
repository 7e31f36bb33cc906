#!/usr/bin/env bash
# Runs every fuzz target of the module for a short time each. A target that is not found is an error.
set -euo pipefail
time=${1:-5s}
found=0

# once DIR TARGET: one run. Inputs of interest are hardly minimised, since that is not counted against the time.
once() {
	(cd "$1" && go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 20x .) 2>&1
}

for dir in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' ./...); do
	for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | cut -c6-); do
		echo "fuzz $target in ${dir#"$PWD"/}"
		out=$(once "$dir" "$target") || {
			# The go command reports a run that its own time limit cut short as failed:
			# such a run names no input. It is run again; a second failure counts whatever it says.
			if grep -q 'context deadline exceeded' <<<"$out" && ! grep -q 'Failing input written' <<<"$out"; then
				echo "cut short by its own time limit; again"
				out=$(once "$dir" "$target") || { tail -n 40 <<<"$out"; exit 1; }
			else
				tail -n 40 <<<"$out"
				exit 1
			fi
		}
		tail -n 2 <<<"$out"
		found=$((found + 1))
	done
done
echo "$found fuzz targets"
[ "$found" -gt 0 ]
