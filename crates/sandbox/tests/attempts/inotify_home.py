# control: open
from attempt import *


def inotify_home():
    need(os.path.exists(H+'/.ssh'),'ENOENT')
    i=scok(294,0); r=L.inotify_add_watch(i,H.encode(),0xfff); e=ctypes.get_errno(); need(r>=0,errno.errorcode.get(e)); return r


run(inotify_home)
