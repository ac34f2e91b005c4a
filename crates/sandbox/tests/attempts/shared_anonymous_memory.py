# control: open
from attempt import *


def shared_anonymous_memory():
    mmap.mmap(-1, 1 << 20)
    return 1


run(shared_anonymous_memory)
