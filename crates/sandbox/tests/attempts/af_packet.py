from attempt import *


def af_packet(): socket.socket(17,socket.SOCK_RAW,0); return 1


run(af_packet)
