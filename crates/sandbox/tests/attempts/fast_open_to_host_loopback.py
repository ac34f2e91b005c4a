from attempt import *


def fast_open_to_host_loopback():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(2)
    return s.sendto(b'x', 0x20000000, ('127.0.0.1', 18080))


run(fast_open_to_host_loopback)
