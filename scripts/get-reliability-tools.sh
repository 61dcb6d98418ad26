#!/bin/sh
# For `make reliability`: strace shows system calls, chattr write-protects files, HAProxy and Caddy stand in front.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"
missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need strace strace
need chattr e2fsprogs
need nginx nginx-light
need haproxy haproxy
need caddy caddy
if [ -z "$missing" ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Getting$missing for the tests ..."
    # shellcheck disable=SC2086 # two packages are two words
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "make reliability needs more programs. On Debian: sudo apt-get install$missing" >&2
exit 1
