# control: open
from attempt import *


def mptcp_to_host_loopback():
    return tcp('127.0.0.1', 18080, 3, 262)


run(mptcp_to_host_loopback)
