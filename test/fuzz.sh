#!/usr/bin/env bash
# Runs every fuzz target of the module for a short time each. A target that is not found is an error.
set -euo pipefail
time=${1:-5s}
found=0
for dir in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' ./...); do
	for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | cut -c6-); do
		echo "fuzz $target in ${dir#"$PWD"/}"
		(cd "$dir" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" .) | tail -n 2
		found=$((found + 1))
	done
done
echo "$found fuzz targets"
[ "$found" -gt 0 ]
