from attempt import *


def tiocsetd_and_tioclinux():
    r = []
    for fd in (0, 1, 2):
        for cmd in (0x5423, 0x541c):
            b = ctypes.create_string_buffer(struct.pack('i', 2))
            if L.ioctl(fd, ctypes.c_ulong(cmd), b) == 0:
                return fd
            r.append(errno.errorcode.get(ctypes.get_errno()))
    raise Blk(','.join(sorted(set(r))))


run(tiocsetd_and_tioclinux)
