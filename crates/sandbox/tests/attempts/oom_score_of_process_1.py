from attempt import *


def oom_score_of_process_1():
    open('/proc/1/oom_score_adj', 'w').write('1000')
    return 1


run(oom_score_of_process_1)
