# control: open
from attempt import *


def unix_abstract_datagram():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.sendto(b'x', '\0mcp-absd')
    return 1


run(unix_abstract_datagram)
