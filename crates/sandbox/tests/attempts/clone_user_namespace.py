from attempt import *


def clone_user_namespace():
    r = L.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
    if r == 0:
        os._exit(0)
    need(r > 0, errno.errorcode.get(ctypes.get_errno()))
    return r


run(clone_user_namespace)
