from attempt import *


def stop_process_1():
    os.kill(1, signal.SIGSTOP)
    os.kill(1, signal.SIGKILL)
    time.sleep(.2)
    raise Blk('it lives')


run(stop_process_1)
