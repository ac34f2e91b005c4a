from attempt import *


def open_dev_tty():
    fd=os.open('/dev/tty',os.O_RDWR); return fd


run(open_dev_tty)
