from attempt import *


def sctp():
    socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
    return 1


run(sctp)
