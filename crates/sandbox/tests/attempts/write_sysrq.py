from attempt import *


def write_sysrq(): open('/proc/sysrq-trigger','w').write(''); return 1


run(write_sysrq)
