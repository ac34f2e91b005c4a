# control: open
from attempt import *


def udp_dns_send():
    s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(2); s.sendto(b'ping',('127.0.0.1',18053)); return s.recv(10)


run(udp_dns_send)
