# control: open
from attempt import *


def connect_host_loopback(): return tcp('127.0.0.1',18080)


run(connect_host_loopback)
