"""Opens devices."""
from attack import each, say
import os

wanted = ("mem kmem port kmsg sda vda nvme0n1 loop0 loop-control dm-0 mapper/control kvm vhost-vsock vhost-net net/tun fuse"
          " userfaultfd tty tty0 console ptmx pts/0 hwrng cpu/0/msr input/event0 dri/card0 uinput autofs btrfs-control"
          " cuse vfio/vfio watchdog rtc0 snapshot hpet nvram cpu_dma_latency").split()
each("devices of the host", [lambda d=d: os.open(f"/dev/{d}", os.O_RDONLY) for d in wanted])
say(f"there are: {' '.join(sorted(os.listdir('/dev')))}")
