# control: open
from attempt import *


def prlimit_victim():
    return scok(302,V,7,0,ctypes.create_string_buffer(16))


run(prlimit_victim)
