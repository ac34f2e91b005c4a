from attempt import *


def sethostname(): return scok(170,b'pwn',3)


run(sethostname)
