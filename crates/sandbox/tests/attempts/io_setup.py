from attempt import *


def io_setup():
    return scok(206, 1, ctypes.create_string_buffer(8)) + 1


run(io_setup)
