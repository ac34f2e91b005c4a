# control: open
from attempt import *


def open_creates_set_user_id():
    p = RW + '/suid2'
    fd = os.open(p, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o6755)
    need(os.fstat(fd).st_mode & 0o6000, 'bit not set')
    return 1


run(open_creates_set_user_id)
