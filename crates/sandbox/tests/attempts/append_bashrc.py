# control: open
from attempt import *


def append_bashrc():
    with open(H+'/.bashrc','a') as f: f.write('#pwn\n')
    return 1


run(append_bashrc)
