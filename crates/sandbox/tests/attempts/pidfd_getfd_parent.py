from attempt import *


def pidfd_getfd_parent():
    p = scok(434, PP, 0)
    return scok(438, p, 0, 0)


run(pidfd_getfd_parent)
