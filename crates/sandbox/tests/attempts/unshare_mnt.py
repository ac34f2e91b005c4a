from attempt import *


def unshare_mnt(): return scok(272,0x20000)


run(unshare_mnt)
