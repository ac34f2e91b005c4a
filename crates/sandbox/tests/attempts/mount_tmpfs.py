from attempt import *


def mount_tmpfs(): return scok(165,b'x',b'/tmp',b'tmpfs',0,0)


run(mount_tmpfs)
