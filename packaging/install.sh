#!/usr/bin/env bash
# Installs a built source tree as a service of this machine, or removes it again. Run as root.
#
#   packaging/install.sh              installs to /opt/instar, makes /usr/local/bin/instar and the systemd unit
#   packaging/install.sh --uninstall  removes these; data in /var/lib/instar and /etc/instar stay
#
# DESTDIR puts everything below another directory, for building a package.
set -euo pipefail

SOURCE=$(dirname "$(dirname "$(readlink -f "$0")")")
DESTDIR=${DESTDIR:-}
PREFIX=$DESTDIR/opt/instar
UNIT=$DESTDIR/etc/systemd/system/instar.service
LINK=$DESTDIR/usr/local/bin/instar
CONFIGURATION=$DESTDIR/etc/instar/instar.yaml

reload_systemd() {
    if [[ -z $DESTDIR && -d /run/systemd/system ]]; then
        systemctl daemon-reload
    fi
}

if [[ ${1:-} == --uninstall ]]; then
    if [[ -z $DESTDIR && -d /run/systemd/system ]]; then
        systemctl disable --now instar.service || true
    fi
    rm -rf "$PREFIX"
    rm -f "$UNIT" "$LINK"
    reload_systemd
    echo "removed; data is still in $DESTDIR/var/lib/instar, the configuration in $DESTDIR/etc/instar"
    exit
fi

if [[ -z $DESTDIR && $EUID -ne 0 ]]; then
    echo "run as root, or set DESTDIR" >&2
    exit 2
fi

# Builds when sources are newer than the build.
"$SOURCE/instar" version >/dev/null

# The new files are complete before they take the old ones' place; a running node keeps those it has open.
rm -rf "$PREFIX.new"
mkdir -p "$PREFIX.new" "$(dirname "$UNIT")" "$(dirname "$LINK")"
install -m 0755 "$SOURCE/instar" "$PREFIX.new/instar"
cp -R "$SOURCE/cli/target/instar/lib" "$PREFIX.new/lib"
for folder in functions docs; do
    cp -R "$SOURCE/$folder" "$PREFIX.new/$folder"
done
install -m 0644 "$SOURCE/LICENSE" "$PREFIX.new/LICENSE"
rm -rf "$PREFIX.old"
if [[ -e $PREFIX ]]; then
    mv "$PREFIX" "$PREFIX.old"
fi
mv "$PREFIX.new" "$PREFIX"
rm -rf "$PREFIX.old"

ln -sfn /opt/instar/instar "$LINK"
install -m 0644 "$SOURCE/packaging/instar.service" "$UNIT"
if [[ ! -e $CONFIGURATION ]]; then
    install -D -m 0640 "$SOURCE/packaging/instar.yaml" "$CONFIGURATION"
fi
reload_systemd
echo "installed; start it with: systemctl enable --now instar"
