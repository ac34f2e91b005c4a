from attempt import *


def sysv_message_queue():
    return scok(68, 0x6d6370, 0o1666)


run(sysv_message_queue)
