from attempt import *


def write_proc_sys(): open('/proc/sys/kernel/core_pattern','w').write('|/tmp/x'); return 1


run(write_proc_sys)
