from attempt import *


def icmp_ping_socket(): socket.socket(socket.AF_INET,socket.SOCK_DGRAM,1); return 1


run(icmp_ping_socket)
