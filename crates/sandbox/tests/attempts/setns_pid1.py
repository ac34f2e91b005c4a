from attempt import *


def setns_pid1():
    f=os.open('/proc/1/ns/net',os.O_RDONLY); return scok(308,f,0)


run(setns_pid1)
