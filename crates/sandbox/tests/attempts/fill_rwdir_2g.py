from attempt import *


def fill_rwdir_2g():
    signal.signal(signal.SIGXFSZ,signal.SIG_IGN); return fill(RW,2<<30)


run(fill_rwdir_2g)
