#!/bin/bash
# Installs the kiosk as services on this machine, or takes them away again; says each thing it does.
#   install.sh              programs to /opt/kiosk, units, users, folders; then starts the kiosk
#   install.sh --uninstall  takes all of that away; databases, keys and settings stay
# Saying it twice changes nothing the second time. DESTDIR=FOLDER only lays the files out there.
# APT=no installs no system packages. PYTHON=/usr/bin/python3 must be the system's: python3-lgpio is built for it.
set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DESTDIR=${DESTDIR:-}
PYTHON=${PYTHON:-/usr/bin/python3}
PROGRAMS=/opt/kiosk
STATE=/var/lib/kiosk
PACKAGES=(python3-venv libzbar0 fonts-droid-fallback)
PI_PACKAGES=(python3-lgpio i2c-tools)

say() { echo "kiosk install: $*"; }
fail() { echo "kiosk install: $*" >&2; exit 1; }
running() { [[ -z $DESTDIR && -d /run/systemd/system ]]; }

# Where each file of systemd/ goes: "source destination", one a line.
files() {
	local unit
	for unit in "$SOURCE"/systemd/system/*; do echo "$unit /etc/systemd/system/${unit##*/}"; done
	echo "$SOURCE/systemd/sysusers.d/kiosk.conf /etc/sysusers.d/kiosk.conf"
	echo "$SOURCE/systemd/tmpfiles.d/kiosk.conf /etc/tmpfiles.d/kiosk.conf"
	echo "$SOURCE/systemd/udev/70-kiosk.rules /etc/udev/rules.d/70-kiosk.rules"
}

lay_out() {
	local from to
	while read -r from to; do
		cmp -s "$from" "$DESTDIR$to" && continue
		say "writes $to"
		install -D -m 0644 "$from" "$DESTDIR$to"
	done < <(files)
	if [[ ! -e $DESTDIR/etc/kiosk/kiosk.toml ]]; then
		say "writes /etc/kiosk/kiosk.toml; change it as this gate is wired"
		install -D -m 0644 "$SOURCE/systemd/kiosk.toml" "$DESTDIR/etc/kiosk/kiosk.toml"
	fi
	if [[ $(readlink "$DESTDIR/usr/local/bin/kiosk") != "$PROGRAMS/current/bin/kiosk" ]]; then
		say "writes /usr/local/bin/kiosk"
		mkdir -p "$DESTDIR/usr/local/bin"
		ln -sfn "$PROGRAMS/current/bin/kiosk" "$DESTDIR/usr/local/bin/kiosk"
	fi
}

packages() {
	local package missing=()
	[[ ${APT:-} == no ]] && return
	grep -aqs 'Raspberry Pi' /proc/device-tree/model && PACKAGES+=("${PI_PACKAGES[@]}")
	for package in "${PACKAGES[@]}"; do
		dpkg-query -Wf '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
	done
	(( ${#missing[@]} )) || return 0
	command -v apt-get >/dev/null || fail "this system has no apt-get; install what Debian calls ${missing[*]}, then say APT=no"
	say "installs with apt: ${missing[*]}"
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

# Each version has a folder of its own, complete before `current` points to it: a power cut leaves the old one.
programs() {
	local version folder previous copy
	"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$PYTHON is too old; Python 3.11 is needed"
	version=$(cd "$SOURCE" && { find kiosk hardware web -type f ! -path '*/__pycache__/*' -print0 | sort -z | xargs -0 cat
		cat pyproject.toml requirements.lock; "$PYTHON" --version; } | sha256sum | cut -c1-12)
	folder=$PROGRAMS/$version
	if [[ ! -e $folder/complete ]]; then
		say "installs the programs into $folder"
		rm -rf "$folder"
		mkdir -p "$PROGRAMS"
		"$PYTHON" -m venv --system-site-packages "$folder"
		"$folder/bin/python" -m pip --disable-pip-version-check -qq install --no-deps --only-binary :all: \
			--require-hashes --ignore-installed -r "$SOURCE/requirements.lock"
		copy=$(mktemp -d)
		trap "rm -rf '$copy'" EXIT
		tar -C "$SOURCE" --exclude=__pycache__ -c kiosk hardware web pyproject.toml README.md LICENSE | tar -C "$copy" -x
		if compgen -G "$copy/kiosk/locale/*/LC_MESSAGES/messages.po" >/dev/null; then
			"$folder/bin/pybabel" -q compile -d "$copy/kiosk/locale"
		fi
		"$folder/bin/python" -m pip --disable-pip-version-check -qq install --no-deps --no-index --no-build-isolation "$copy"
		"$folder/bin/kiosk" --version >/dev/null
		touch "$folder/complete"
		sync -f "$folder"
	fi
	previous=$(readlink "$PROGRAMS/current" || true)
	if [[ $previous != "$version" ]]; then
		say "uses $folder from now on"
		ln -sfn "$version" "$PROGRAMS/next"
		mv -T "$PROGRAMS/next" "$PROGRAMS/current"
		# The one before is kept: to go back, point /opt/kiosk/current to it.
		find "$PROGRAMS" -mindepth 1 -maxdepth 1 -type d ! -name "$version" ! -name "${previous:-none}" -exec rm -rf {} +
	fi
}

start() {
	say "makes the users and folders"
	systemd-sysusers /etc/sysusers.d/kiosk.conf
	systemd-tmpfiles --create /etc/tmpfiles.d/kiosk.conf
	if ! running; then
		say "systemd is not running here; after the next start say: systemctl enable --now kiosk.target"
		return
	fi
	udevadm control --reload
	udevadm trigger --subsystem-match=i2c-dev --subsystem-match=gpio --subsystem-match=video4linux
	systemctl daemon-reload
	systemctl --quiet enable kiosk-gate.service kiosk-web.service kiosk-scanner@main.service kiosk.target
	systemctl --quiet enable --now kiosk-backup.timer
	systemctl restart kiosk.target
	say "the kiosk runs: systemctl status 'kiosk*'; kiosk check tells what is connected"
}

uninstall() {
	local from to
	if running; then
		say "stops the services"
		systemctl --quiet disable --now kiosk-backup.timer kiosk.target kiosk-gate.service kiosk-web.service kiosk-resolver.service 'kiosk-scanner@*.service' || true
	fi
	while read -r from to; do
		[[ -e $DESTDIR$to ]] || continue
		say "removes $to"
		rm -f "$DESTDIR$to"
	done < <(files)
	rm -f "$DESTDIR/usr/local/bin/kiosk"
	[[ -n $DESTDIR ]] || rm -rf "$PROGRAMS"
	if running; then systemctl daemon-reload; fi
	say "done; $STATE (logbook, keys, roster) and /etc/kiosk stay: remove them by hand if nobody needs them"
}

[[ -n $DESTDIR || $EUID -eq 0 ]] || fail "must be root; say: sudo make install"
case ${1:-} in
"")
	if [[ -n $DESTDIR ]]; then lay_out; exit; fi
	packages
	programs
	lay_out
	start
	;;
--uninstall) uninstall ;;
*) fail "unknown option $1; there is only --uninstall" ;;
esac
