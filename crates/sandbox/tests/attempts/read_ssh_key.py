# control: open
from attempt import *


def read_ssh_key(): return rd(H+'/.ssh/id_rsa')


run(read_ssh_key)
