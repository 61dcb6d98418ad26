#!/bin/sh
# The tests of several processes need real servers around them: nginx in front, PgBouncer behind.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"
missing=""
command -v nginx >/dev/null 2>&1 || missing="$missing nginx-light"
command -v pgbouncer >/dev/null 2>&1 || missing="$missing pgbouncer"
if [ -z "$missing" ]; then exit 0; fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Getting$missing for the tests ..."
    # shellcheck disable=SC2086 # two packages are two words
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "The tests need more servers. On Debian: sudo apt-get install$missing" >&2
exit 1
