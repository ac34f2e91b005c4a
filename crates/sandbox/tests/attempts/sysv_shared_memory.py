from attempt import *


def sysv_shared_memory():
    i = scok(29, 0x6d6370, 4096, 0o1666)
    return i


run(sysv_shared_memory)
