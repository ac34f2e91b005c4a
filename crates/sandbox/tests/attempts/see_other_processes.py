# control: open
from attempt import *


def see_other_processes():
    mine = {os.getpid(), os.getppid()}
    seen = [p for p in os.listdir('/proc') if p.isdigit() and int(p) not in mine]
    need(seen, 'none')
    return len(seen)


run(see_other_processes)
