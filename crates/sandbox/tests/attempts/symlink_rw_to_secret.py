# control: open
from attempt import *


def symlink_rw_to_secret():
    p=RW+'/lnk'; 
    try: os.unlink(p)
    except OSError: pass
    os.symlink(H+'/.ssh/id_rsa',p); return rd(p)


run(symlink_rw_to_secret)
