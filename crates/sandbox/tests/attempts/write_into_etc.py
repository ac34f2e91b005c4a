from attempt import *


def write_into_etc():
    open('/etc/hosts', 'a').write('1.2.3.4 x')
    return 1


run(write_into_etc)
