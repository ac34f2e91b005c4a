from attempt import *


def x32_unshare():
    return helper('x32unshare')


run(x32_unshare)
