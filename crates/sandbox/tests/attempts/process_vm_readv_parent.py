from attempt import *


def process_vm_readv_parent():
    buf=ctypes.create_string_buffer(8); iov=struct.pack('QQ',ctypes.addressof(buf),8); a=int(open(f'/proc/{PP}/maps').readline().split('-')[0],16); r=struct.pack('QQ',a,8)
    return scok(310,PP,ctypes.create_string_buffer(iov),1,ctypes.create_string_buffer(r),1,0)


run(process_vm_readv_parent)
