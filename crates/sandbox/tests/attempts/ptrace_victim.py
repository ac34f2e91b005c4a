# control: open
from attempt import *


def ptrace_victim():
    r=L.ptrace(0x4206,V,0,0); e=ctypes.get_errno()
    if r==0: L.ptrace(17,V,0,0); return V
    raise Blk(errno.errorcode.get(e,e))


run(ptrace_victim)
