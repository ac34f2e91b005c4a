from attempt import *


def root_of_process_1():
    return os.listdir('/proc/1/root')


run(root_of_process_1)
