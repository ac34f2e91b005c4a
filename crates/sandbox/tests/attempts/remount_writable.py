from attempt import *


def remount_writable():
    scok(165, 0, b'/usr', 0, 0x20 | 0x1000, 0)
    return 1


run(remount_writable)
