# control: open
from attempt import *


def userns_unshare(): return scok(272,0x10000000)


run(userns_unshare)
