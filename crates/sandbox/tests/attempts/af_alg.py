from attempt import *


def af_alg():
    socket.socket(38, socket.SOCK_SEQPACKET)
    return 1


run(af_alg)
