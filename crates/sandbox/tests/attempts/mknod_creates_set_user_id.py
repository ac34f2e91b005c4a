# control: open
from attempt import *


def mknod_creates_set_user_id():
    p = RW + '/suid3'
    os.mknod(p, 0o104755)
    need(os.stat(p).st_mode & 0o6000, 'bit not set')
    return 1


run(mknod_creates_set_user_id)
