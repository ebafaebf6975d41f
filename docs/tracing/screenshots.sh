#!/usr/bin/env bash
# Makes the screenshots of docs/tracing.md: types its commands, one case after the other, into the system that runs from this checkout
# (and stops and starts it, as the walkthrough does), and photographs what the viewer shows. Needs Chromium: ./shop test installs it.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

# commands NUMBER: what the walkthrough has one type in a case.
commands() { awk -v start="## $1. " 'index($0, start) == 1 { on = 1; next } /^## / { on = 0 } /^```/ { typed = on && $0 == "```sh"; next } typed' docs/tracing.md; }

# photograph URL NAME HEIGHT [dark]
photograph() {
  local colours=1
  [ "${4:-}" = dark ] && colours=0
  "$(command -v chromium || command -v chromium-browser || command -v google-chrome)" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$profile" \
    --blink-settings=preferredColorScheme=$colours --force-device-scale-factor=0.7 --window-size="1240,$3" --virtual-time-budget=20000 \
    --screenshot="docs/tracing/$2.png" "$1" >/dev/null 2>&1
  echo "docs/tracing/$2.png: $(stat -c %s "docs/tracing/$2.png") bytes"
}

# Code that has not run yet is slow, and these are to show what is slow about orders.
warm() { ./shop load --rate 50 --seconds 10 >/dev/null 2>&1; }

./shop up >/dev/null
warm
names=(- good declined slow killed refunded)
for number in 1 2 3 4 5; do
  bash -ec "$(commands $number)" >/dev/null
  page=$(./shop trace | sed -n 's/^In a browser: //p')
  case $number in
    3) photograph "$page" slow 1900 dark ;;
    *) photograph "$page" "${names[number]}" 2200 ;;
  esac
  [ $number != 4 ] || photograph "${page%/trace/*}/search" search 760
done
./shop down >/dev/null && ./shop up >/dev/null
