# control: open
from attempt import *


def list_home(): return os.listdir(H)


run(list_home)
