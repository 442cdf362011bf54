#!/bin/bash
# In the guest: makes the devices of a gate and runs the tests.
set -euo pipefail
cd /src

modprobe kiosk_board  # before anything looks for a header with GPIO lines
modprobe kiosk_thermometer
modprobe kiosk_camera
modprobe gpio-sim
chip=/sys/kernel/config/gpio-sim/header
mkdir -p $chip/bank0
echo 28 >$chip/bank0/num_lines
echo pinctrl-bcm2711 >$chip/bank0/label
echo 1 >$chip/live
udevadm settle --timeout=10

export PYTHONDONTWRITEBYTECODE=1 KIOSK_GUEST_RUNS=1 LG_WD=/tmp PYTEST_DISABLE_PLUGIN_AUTOLOAD=1
eval "set -- $(cat /out/arguments)"
status=0
/opt/kiosk/current/bin/python -m pytest -p pytest_timeout -p no:cacheprovider --color=no --tb=short --durations=8 \
	--junitxml=/out/results.xml "$@" || status=$?
echo $status >/out/status
