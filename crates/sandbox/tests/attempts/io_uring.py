# control: open
from attempt import *


def io_uring(): return scok(425,4,ctypes.create_string_buffer(120))


run(io_uring)
