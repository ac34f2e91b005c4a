from attempt import *


def clock_settime_probe(): return scok(227,0,ctypes.create_string_buffer(struct.pack('qq',int(time.time()),0)))


run(clock_settime_probe)
