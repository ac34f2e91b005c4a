from attempt import *


def new_mount_api():
    return scok(430, b'tmpfs', 0)


run(new_mount_api)
