from attempt import *


def memory_of_shared_dev_zero_4gib():
    f = os.open('/dev/zero', os.O_RDWR)
    keep = []
    for n in range(16):
        m = mmap.mmap(f, 256 << 20, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        for o in range(0, 256 << 20, 4096):
            m[o] = 1
        keep.append(m)
    return n


run(memory_of_shared_dev_zero_4gib)
