# control: open
from attempt import *


def ptrace_own_child():
    p=os.fork()
    if p==0: time.sleep(3); os._exit(0)
    r=L.ptrace(0x4206,p,0,0); e=ctypes.get_errno(); os.kill(p,9)
    need(r==0,errno.errorcode.get(e,e)); return 1


run(ptrace_own_child)
