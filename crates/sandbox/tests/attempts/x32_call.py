from attempt import *


def x32_call():
    return helper('x32')


run(x32_call)
