# control: open
from attempt import *


def execveat_memfd():
    fd = scok(319, b'x', 0)
    os.write(fd, rd(HD + '/helper', 10**7))
    argv = (ctypes.c_char_p * 3)(b'x', b'hi', None)
    p = os.fork()
    if p == 0:
        L.syscall(322, fd, b'', argv, None, 0x1000)
        os._exit(1)
    need(os.waitpid(p, 0)[1] == 0)
    return 1


run(execveat_memfd)
