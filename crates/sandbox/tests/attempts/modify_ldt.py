# control: open
from attempt import *


def modify_ldt(): return scok(154,0,ctypes.create_string_buffer(16),16)


run(modify_ldt)
