# control: open
from attempt import *


def sys_listing(): return len(os.listdir('/sys/class/net'))


run(sys_listing)
