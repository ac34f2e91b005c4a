from attempt import *


def chroot_(): return scok(161,b'/tmp')


run(chroot_)
