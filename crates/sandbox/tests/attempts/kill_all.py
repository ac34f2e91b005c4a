# judged: outside
from attempt import *


def kill_all(): # kill(-1,0)-> would signal?
    r=L.kill(-1,signal.SIGCONT); e=ctypes.get_errno(); 
    raise Blk('see HOST_victim_signaled')


run(kill_all)
