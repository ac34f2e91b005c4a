from attempt import *


def kernel_memory_files():
    for p in ('/proc/kcore', '/proc/kpagecount', '/proc/kallsyms', '/proc/kmsg'):
        try:
            b = rd(p, 1 << 16)
            if p != '/proc/kallsyms' or any(l.split()[0].strip(b'0') for l in b.splitlines() if l):
                return p
        except OSError:
            pass
    raise Blk('none')


run(kernel_memory_files)
