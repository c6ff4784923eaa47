#!/usr/bin/env bash
#
# Simulated clusters: first every seed that once found a bug, then a fixed set of seeds, which has
# to have everything in it that can happen.
#
# environment: RAFTD_SIM_SEEDS  how many (400; 60 with a sanitizer, and then not everything)
set -eu
seeds=400
options="--all-seen --counters"
if [ -n "${RAFTD_SIM_SEEDS:-}" ]; then
    seeds=$RAFTD_SIM_SEEDS
    options=
elif [ -n "${SANITIZER_CFLAGS:-}" ]; then
    seeds=60
    options=
fi
"$builddir"/test/sim/raftd-sim --replay "$top_srcdir"/test/sim/regressions
"$builddir"/test/sim/raftd-sim --seed 1 --seeds "$seeds" $options
