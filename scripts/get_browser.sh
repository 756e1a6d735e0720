#!/bin/sh
# A real browser for the browser tests: Debian's Chromium, installed where that is possible. Where it is not, those tests are skipped
# and say so.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests."
    apt-get update -qq >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1 && exit 0
fi
echo "NO BROWSER ON THIS MACHINE: the browser tests will be skipped." >&2
exit 0
