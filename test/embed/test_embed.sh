#!/bin/sh
# Installs the tree somewhere else, builds the installed examples there with nothing but what
# pkg-config says, shared and static, and runs them: what an embedder of libraftd does. Here the
# counter counts; test_register.py runs the register.
set -eu

directory=$(mktemp -d "${TMPDIR:-/tmp}/raftd-test-XXXXXX")
trap 'rm -rf "$directory"' EXIT
: "${CC:=cc}"

# The make that runs this test has its own ideas about jobs and targets.
unset MAKEFLAGS MFLAGS MAKELEVEL
make -C "$top_builddir" --no-print-directory install DESTDIR="$directory" \
    >"$directory/install.log" 2>&1 || { tail -n 20 "$directory/install.log"; exit 1; }

pc=$(find "$directory" -name raftd.pc)
[ -n "$pc" ] || { echo "make install has installed no raftd.pc"; exit 1; }
PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$directory
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
# shellcheck disable=SC2086
flags="-std=c11 -pedantic -Wall -Wextra -Werror ${SANITIZER_CFLAGS:-} -pthread"
library_directory=$directory$(PKG_CONFIG_SYSROOT_DIR='' pkg-config --variable=libdir raftd)

examples=$(find "$directory" -path '*/examples/counter.c')
examples=${examples%/counter.c}
[ -f "$examples/register.c" ] || { echo "make install has not installed the examples"; exit 1; }

# Prints a loopback port that nobody listens on.
free_port() {
    python3 -c 'import random, socket
while True:
    port = random.randrange(20000, 32000)
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(port)
        break'
}

run_three_times() {
    for sum in 1 2 3; do
        found=$("$1" "$directory/$2" "127.0.0.1:$(free_port)" 2>"$directory/$2.log") ||
            { cat "$directory/$2.log"; exit 1; }
        if [ "$found" != "$sum" ]; then
            echo "$1: found \"$found\", wanted $sum"
            exit 1
        fi
    done
    echo "$2: 1 2 3"
}

# An example without arguments says how it is used.
run_without_arguments() {
    "$1" 2>"$directory/usage" && code=0 || code=$?
    if [ "$code" -ne 2 ] || ! grep -q '^usage: ' "$directory/usage"; then
        cat "$directory/usage"
        echo "$1: exit status $code, wanted 2 and the usage"
        exit 1
    fi
}

if ls "$library_directory"/libraftd.so >/dev/null 2>&1; then
    $CC $flags $(pkg-config --cflags raftd) "$examples/counter.c" \
        -o "$directory/counter-shared" $(pkg-config --libs raftd)
    $CC $flags $(pkg-config --cflags raftd) "$examples/register.c" \
        -o "$directory/register-shared" $(pkg-config --libs raftd)
    LD_LIBRARY_PATH=$library_directory
    export LD_LIBRARY_PATH
    run_three_times "$directory/counter-shared" shared
    run_without_arguments "$directory/register-shared"
    unset LD_LIBRARY_PATH
fi
# The same without the shared library in sight.
rm -f "$library_directory"/libraftd.so*
$CC $flags $(pkg-config --cflags raftd) "$examples/counter.c" \
    -o "$directory/counter-static" $(pkg-config --static --libs raftd)
run_three_times "$directory/counter-static" static
$CC $flags $(pkg-config --cflags raftd) "$examples/register.c" \
    -o "$directory/register-static" $(pkg-config --static --libs raftd)
run_without_arguments "$directory/register-static"
