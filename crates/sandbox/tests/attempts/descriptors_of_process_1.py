from attempt import *


def descriptors_of_process_1():
    return os.listdir('/proc/1/fd')


run(descriptors_of_process_1)
