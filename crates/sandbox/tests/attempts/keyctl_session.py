# control: open
from attempt import *


def keyctl_session(): return scok(250,0,ctypes.c_long(-3),0)


run(keyctl_session)
