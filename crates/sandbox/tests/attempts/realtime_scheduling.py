from attempt import *


def realtime_scheduling():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    return 1


run(realtime_scheduling)
