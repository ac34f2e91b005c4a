from attempt import *


def raw_socket(): socket.socket(socket.AF_INET,socket.SOCK_RAW,255); return 1


run(raw_socket)
