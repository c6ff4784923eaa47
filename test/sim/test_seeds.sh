#!/usr/bin/env bash
#
# Simulated clusters: first every seed that once found a bug, then a fixed set of seeds.
#
# environment: RAFTD_SIM_SEEDS  how many (400; 60 with a sanitizer)
set -eu
seeds=${RAFTD_SIM_SEEDS:-400}
[ -n "${RAFTD_SIM_SEEDS:-}" ] || [ -z "${SANITIZER_CFLAGS:-}" ] || seeds=60
"$builddir"/test/sim/raftd-sim --replay "$top_srcdir"/test/sim/regressions
"$builddir"/test/sim/raftd-sim --seed 1 --seeds "$seeds"
