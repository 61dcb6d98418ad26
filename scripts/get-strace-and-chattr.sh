#!/bin/sh
# For `make reliability`: strace shows what the program asks the system, chattr takes a file's writing away.
set -eu
command -v strace >/dev/null 2>&1 && command -v chattr >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends strace e2fsprogs >/dev/null
    exit 0
fi
echo "strace and chattr are needed: apt-get install strace e2fsprogs" >&2
exit 1
