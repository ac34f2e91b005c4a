from attempt import *


def vsock():
    socket.socket(40, socket.SOCK_STREAM)
    return 1


run(vsock)
