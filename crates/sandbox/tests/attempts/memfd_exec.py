# control: open
from attempt import *


def memfd_exec():
    fd=os.memfd_create('x',0); os.write(fd,rd(HD+'/helper',10**7)); p=os.fork()
    if p==0:
        try: os.execve(f'/proc/self/fd/{fd}',['x','hi'],{})
        except OSError as e: os._exit(e.errno)
    s=os.waitpid(p,0)[1]; need(s==0,errno.errorcode.get(s>>8,s)); return 1


run(memfd_exec)
