from attempt import *


def proc1_environ():
    b=rd('/proc/1/environ',4096); need(b,'empty'); return b[:30]


run(proc1_environ)
