#!/bin/sh
# Installs Debian packages, and keeps the servers in them from running: Shop runs its own, and the machine's would take memory and ports.
#   sudo deploy/install-packages.sh PACKAGE...        as root; ./shop runs it for what is missing
set -eu
# Debian asks this script before it starts a service; 101 means no.
policy=${DPKG_ROOT:-}/usr/sbin/policy-rc.d
theirs=$policy.before-shop
ours='# For as long as Shop installs packages.'

restore() {
  if [ -e "$policy" ] && grep -qxF "$ours" "$policy"; then rm "$policy"; fi
  if [ -e "$theirs" ]; then mv "$theirs" "$policy"; fi
}
refuses() {
  [ -x "$policy" ] || return 1
  answer=0
  "$policy" "$1" start >/dev/null 2>&1 || answer=$?
  [ "$answer" = 101 ]
}

# What an installation that was killed could not put back.
restore
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
for package; do
  refuses "$package" && continue
  [ ! -e "$policy" ] || mv "$policy" "$theirs"
  printf '#!/bin/sh\n%s\nexit 101\n' "$ours" >"$policy"
  chmod 755 "$policy"
done

export DEBIAN_FRONTEND=noninteractive
get() { apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"; }
get "$@" || { apt-get update && get "$@"; }

# Nor at the next start of the machine. Not every package has a service, and not every machine systemd.
if command -v systemctl >/dev/null; then
  for package; do systemctl disable --quiet "$package" 2>/dev/null || true; done
fi
