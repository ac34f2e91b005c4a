from attempt import *


def connect_metadata(): return tcp('169.254.169.254',80)


run(connect_metadata)
