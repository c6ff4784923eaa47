#!/usr/bin/env bash
#
# Runs all stories.
set -eu
"$builddir"/test/stories/stories "$top_srcdir"/test/stories/*.story
