# control: open
from attempt import *


def open_ptmx():
    fd=os.open('/dev/ptmx',os.O_RDWR); return fd


run(open_ptmx)
