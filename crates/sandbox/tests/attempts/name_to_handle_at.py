# control: open
from attempt import *


def name_to_handle_at(): 
    b=ctypes.create_string_buffer(struct.pack('Ii',128,0)+b'\0'*128); m=ctypes.create_string_buffer(4); return scok(303,ctypes.c_long(-100),b'/usr',b,m,0)


run(name_to_handle_at)
