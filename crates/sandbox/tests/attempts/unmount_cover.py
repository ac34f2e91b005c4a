from attempt import *


def unmount_cover():
    return scok(166, b'/etc/ssl/certs', 2) + 1


run(unmount_cover)
