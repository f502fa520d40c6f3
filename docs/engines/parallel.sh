#!/usr/bin/env bash
# Grades a cohort by GNU parallel on this machine, or on several by ssh, and merges the shards. Started again, it goes on
# with what is not graded yet.
#
#   docs/engines/parallel.sh SHARDS OUT OPTIONS…
#   docs/engines/parallel.sh 16 graded --roster roster.csv --submissions handed-in --due 2026-03-01T23:59:59Z
#
# OPTIONS are those of `cargo xtask cohort grade`. JOBS says how many shards run at once on a machine (default 1: a shard
# uses all cores). MACHINES names a file with a machine a line, as `--sshloginfile` of parallel takes it; the course, the
# submissions and OUT have to be at the same paths on all of them.
set -euo pipefail

if (($# < 4)) || ! [[ $1 =~ ^[1-9][0-9]*$ ]]; then
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
fi
shards=$1 out=$2
shift 2
cd "$(dirname "$0")/../.."
mkdir -p "$out/shards"

remote=()
[[ -z ${MACHINES:-} ]] || remote=(--sshloginfile "$MACHINES" --workdir "$PWD")
status=0
# --resume-failed and not --resume, which takes a shard that failed for one that is done. --retries: 75, and a worker that
# was killed, deserve another try, on another machine if there is one.
seq "$shards" | parallel --quote --jobs "${JOBS:-1}" "${remote[@]}" --retries 3 --line-buffer \
    --joblog "$out/shards/joblog-of-$shards" --resume-failed \
    cargo xtask cohort grade --shard "{}/$shards" --out "$out/shards/{}-of-$shards" "$@" || status=$?
((status == 0)) || echo "$status of $shards shards did not end well; see $out/shards/joblog-of-$shards" >&2

folders=()
for ((shard = 1; shard <= shards; shard++)); do
    folders+=("$out/shards/$shard-of-$shards")
done
cargo xtask cohort merge "${folders[@]}" --out "$out"
exit "$status"
