# control: open
from attempt import *


def perf_event_open(): return scok(298,ctypes.create_string_buffer(struct.pack('IIQ',1,112,0)+b'\0'*24+struct.pack('Q',0x60)+b'\0'*64),0,ctypes.c_long(-1),ctypes.c_long(-1),0)


run(perf_event_open)
