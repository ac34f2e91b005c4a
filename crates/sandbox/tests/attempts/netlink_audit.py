from attempt import *


def netlink_audit():
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
    return 1


run(netlink_audit)
