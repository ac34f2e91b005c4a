# control: open
from attempt import *


def memfd_secret():
    return scok(447, 0)


run(memfd_secret)
