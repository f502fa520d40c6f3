#!/usr/bin/env bash
# Grades a cohort as a job array of Slurm, and merges the shards when all of them have ended. Started again, it goes on
# with what is not graded yet.
#
#   docs/engines/slurm-submit.sh SHARDS OUT OPTIONS…
#   docs/engines/slurm-submit.sh 16 graded --roster roster.csv --submissions handed-in --due 2026-03-01T23:59:59Z
#
# OPTIONS are those of `cargo xtask cohort grade`. Partition and account come from SBATCH_PARTITION and SBATCH_ACCOUNT, as
# sbatch reads them; AT_ONCE limits how many shards run at the same time. The course, the submissions and OUT have to be
# at the same paths on all nodes.
set -euo pipefail

if (($# < 4)) || ! [[ $1 =~ ^[1-9][0-9]*$ ]]; then
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
fi
shards=$1 out=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
logs=$out/shards/logs
mkdir -p "$logs"

array=$(sbatch --parsable --array="1-$shards${AT_ONCE:+%$AT_ONCE}" --output="$logs/%a.log" \
    "$here/slurm.sbatch" grade "$out" "$@")
# afterany and not afterok: when a shard has failed, merging says who is missing.
merge=$(sbatch --parsable --dependency="afterany:${array%%;*}" --job-name=cohort-merge --output="$logs/merge.log" \
    "$here/slurm.sbatch" merge "$out" "$shards")
echo "shards are job ${array%%;*}, merging is job ${merge%%;*}; logs are in $logs"
