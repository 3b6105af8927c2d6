#!/bin/sh
# Becomes process 1 of a machine whose root file system is in the folder $1: run in namespaces of its own for mounts, processes, the network,
# IPC, its name and cgroups. What it sees of the kernel is as a container sees it: no devices, and settings that can only be read.
set -e
ip link set lo up
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
# The kernel's own, which a container has none of.
mkdir -p run/systemd/system
for unit in sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount dev-hugepages.mount dev-mqueue.mount; do
  ln -s /dev/null "run/systemd/system/$unit"
done
mkdir -p mnt
pivot_root . mnt
umount -l /mnt
# As the interface for containers has it (systemd.io/CONTAINER_INTERFACE).
exec env -i container=fulmar-test PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 /lib/systemd/systemd --log-target=journal --unit=multi-user.target
