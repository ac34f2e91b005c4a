from attempt import *


def bpf(): return scok(321,0,ctypes.create_string_buffer(struct.pack('IIII',1,4,4,1)+b'\0'*104),120)


run(bpf)
