# control: open
from attempt import *


def no_new_privs_absent():
    s=open('/proc/self/status').read(); need('NoNewPrivs:\t0' in s,'nnp=1'); return 1


run(no_new_privs_absent)
