from attempt import *


def ptrace_parent():
    L.ptrace.restype=ctypes.c_long; r=L.ptrace(16,PP,0,0); e=ctypes.get_errno()
    if r==0:
        try: os.waitpid(PP,0)
        except OSError: pass
        L.ptrace(17,PP,0,0); return PP
    raise Blk(errno.errorcode.get(e,e))


run(ptrace_parent)
