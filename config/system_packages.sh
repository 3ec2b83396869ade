#!/usr/bin/env bash
# The browser and the Chinese font that the browser tests need: installed by root on Debian and Ubuntu, otherwise named.
# With --required their absence is an error; without it (make demo) the demo goes on.
set -euo pipefail

has_browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }

has_chinese_font() {
    if command -v fc-list >/dev/null; then
        test -n "$(fc-list :lang=zh-cn family 2>/dev/null)"
    else
        test -e /usr/share/fonts/truetype/wqy/wqy-microhei.ttc
    fi
}

missing() {
    has_browser || echo chromium
    has_chinese_font || echo fonts-wqy-microhei
}

packages=$(missing)
if test -z "$packages"; then exit 0; fi

if test "$(id -u)" = 0 && command -v apt-get >/dev/null; then
    log=$(mktemp)
    for package in $packages; do
        echo "Setting up: $package"
        export DEBIAN_FRONTEND=noninteractive
        if ! { apt-get update && apt-get install --yes --no-install-recommends "$package"; } >"$log" 2>&1 </dev/null; then
            tail -n 5 "$log" >&2
        fi
    done
    rm -f "$log"
    packages=$(missing)
    if test -z "$packages"; then exit 0; fi
fi

echo "The browser tests need what is not installed here:" $packages >&2
echo "On Debian and Ubuntu: sudo apt-get install" $packages >&2
if test "${1:-}" = --required; then exit 1; fi
