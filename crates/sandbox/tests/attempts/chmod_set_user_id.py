# control: open
from attempt import *


def chmod_set_user_id():
    p = RW + '/suid'
    open(p, 'w').close()
    os.chmod(p, 0o4755)
    need(os.stat(p).st_mode & 0o4000, 'bit not set')
    return 1


run(chmod_set_user_id)
