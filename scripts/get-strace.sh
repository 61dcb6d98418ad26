#!/bin/sh
# strace, with which a test sees what the program asks the system; installed where it can be.
set -eu
command -v strace >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends strace >/dev/null
    exit 0
fi
echo "strace is needed: apt-get install strace" >&2
exit 1
