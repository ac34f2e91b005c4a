from attempt import *


def write_into_usr():
    open('/usr/local/bin/x', 'w').close()
    return 1


run(write_into_usr)
