# control: open
from attempt import *


def userfaultfd(): return scok(323,1)


run(userfaultfd)
